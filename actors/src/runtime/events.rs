//! What would become of event scripts in a run: they are checked against a model and a data set, and nothing is stored.

use civitas_engine::{Cause, Effect, EngineError, EventBundle, World};

use super::Runtime;
use crate::datasets::Settled;
use crate::error::Result;
use crate::reading::Reading;
use crate::request::NewRun;

/// What is wrong with scripts on a time line: of which effect, where it is one's, and what.
pub type EventProblem = (Option<Cause>, EngineError);

impl Runtime {
    /// The effects of a bundle in a run like `run`, which has none of its own, and all that is wrong with them there. Waits for
    /// the disk.
    ///
    /// # Errors
    /// [`crate::RuntimeError`] for what is wrong with the run itself.
    pub fn try_events(&self, run: NewRun, bundle: &EventBundle) -> Result<(Vec<Effect>, Vec<EventProblem>)> {
        let Settled { run, catalogue, .. } = self.datasets.settle(&self.catalogue, run, &mut Reading::default())?;
        let world = World::new(run.spec, &catalogue)?;
        let effects = match bundle.compile(0) {
            Ok(effects) => effects,
            Err(refused) => return Ok((Vec::new(), vec![(None, refused)])),
        };
        let problems = match world.try_effects(&effects) {
            Ok(each) => each.into_iter().map(|(place, refused)| (effects[place].cause.clone(), refused)).collect(),
            Err(together) => vec![(None, together)],
        };
        Ok((effects, problems))
    }
}
