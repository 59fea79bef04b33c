//! Twins: the same run without the effects of a bundle, drawn with the same random numbers, agent by agent, so that what differs
//! between the two is the bundle's doing (common random numbers: Glasserman & Yao 1992). Owns which run a twin is, and how much
//! of a run's work it is worth; who steps it, and when, is its callers' matter.
//!
//! A run has at most one twin, without the whole of the bundle that it applied last. Scripts of one bundle may work together or
//! against each other, so that no share of the difference is one script's.

use std::sync::Arc;

use crate::coordinator::Coordinator;
use crate::error::Result;
use crate::outcome::Outcome;
use crate::run::World;
use crate::scenario::{Effect, Programme};
use crate::spec::RunSpec;
use crate::world::Gravity;

impl RunSpec {
    /// The bundle whose impact is asked for as the difference from a twin, where the run has any of its effects.
    pub fn attributed(&self) -> Option<&str> {
        let bundle = self.bundle.as_ref().filter(|bundle| bundle.attribution)?;
        self.effects.iter().any(|effect| is_of(effect, &bundle.id)).then_some(bundle.id.as_str())
    }

    /// The run without the bundle whose impact is asked for so; `None` where none is.
    pub fn twin(&self) -> Option<Self> {
        let bundle = self.attributed()?;
        let effects = self.effects.iter().filter(|effect| !is_of(effect, bundle)).cloned().collect();
        Some(Self { effects, bundle: None, ..self.clone() })
    }
}

/// True for an effect of this bundle.
pub(crate) fn is_of(effect: &Effect, bundle: &str) -> bool {
    effect.cause.as_ref().is_some_and(|cause| cause.bundle == bundle)
}

impl World {
    /// The run's twin made ready, where it has one.
    ///
    /// # Errors
    /// None that a world that was made can give; an effect that does not fit is reported.
    pub fn twin(&self) -> Result<Option<Arc<Self>>> {
        let Some(spec) = self.spec.twin() else { return Ok(None) };
        let programme = Programme::new(&spec, self.model.as_ref(), &self.dataset, &self.layout)?;
        Ok(Some(Arc::new(Self {
            gravity: Gravity::new(&self.dataset, &self.layout, &spec.network),
            spec,
            model: Arc::clone(&self.model),
            dataset: Arc::clone(&self.dataset),
            layout: self.layout.clone(),
            script: self.script.clone(),
            programme,
            roster: self.roster.clone(),
            company: self.company.clone(),
            troupe: self.troupe.clone(),
        })))
    }
}

impl Coordinator {
    /// The outcome of a run that has come to its horizon, whose twin has too.
    pub fn outcome_beside(&self, digest: Option<u128>, twin: Option<&Self>) -> Outcome {
        Outcome::of(self, digest, twin)
    }
}
