//! Trying effects on a run that is made ready, one by one: for those who write effects and want to know of all mistakes at once. It
//! changes nothing.

use super::effect::{Effect, check_effects};
use super::programme::Programme;
use crate::error::{EngineError, Result};
use crate::run::World;
use crate::spec::RunSpec;

impl World {
    /// What is wrong with each of these effects in this run, with its place among them; in place of the run's own. Empty where the
    /// run could have all of them together.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] where none of them is wrong by itself, and yet they are together.
    pub fn try_effects(&self, effects: &[Effect]) -> Result<Vec<(usize, EngineError)>> {
        let check = |effects: &[Effect]| {
            check_effects(effects, self.spec.horizon_ticks)?;
            let spec = RunSpec { effects: effects.to_vec(), bundle: None, ..self.spec.clone() };
            Programme::new(&spec, self.model.as_ref(), &self.dataset, &self.layout).map(drop)
        };
        let Err(together) = check(effects) else { return Ok(Vec::new()) };
        let wrong = |(place, effect): (usize, &Effect)| {
            let refused = check(std::slice::from_ref(effect)).err()?;
            Some((place, refused))
        };
        let each: Vec<_> = effects.iter().enumerate().filter_map(wrong).collect();
        if each.is_empty() { Err(together) } else { Ok(each) }
    }
}
