//! A batch of forks: one run, one of its snapshots, and the variations that go on from it. Owns how a variation becomes a
//! fork; what a fork may say is [`super::fork`]'s matter.

use civitas_actors::NewFork;
use civitas_store::RunRecord;
use uuid::Uuid;

use super::batch::{CreateBatch, Variation, blame, checked};
use super::config::RunConfig;
use super::create::{MAX_NAME_CHARS, check_name};
use super::fork::ForkRun;
use super::object::Object;
use crate::http::errors::ApiResult;
use crate::keys::Identity;

/// Forks of one run to create together.
#[derive(Clone, Debug, PartialEq)]
pub struct ForkBatch {
    /// The run.
    pub parent: Uuid,
    /// What they have in common.
    base: ForkRun,
    variations: Vec<Object<Variation>>,
}

impl CreateBatch {
    /// This batch as one of forks; the batch as it was where it names no parent.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for the name, or the number of variations.
    pub fn into_forks(mut self) -> ApiResult<Result<ForkBatch, Box<Self>>> {
        let parent = self.base_config.as_ref().and_then(|base| base.parent_run_id);
        let Some((parent, base)) = parent.zip(self.base_config.take_if(|base| base.parent_run_id.is_some())) else {
            return Ok(Err(Box::new(self)));
        };
        if let Some(name) = &self.name {
            check_name("name", name)?;
        }
        let variations = checked(self.variations)?;
        let (mode, from_tick) = (base.mode.clone(), base.from_tick);
        let (parent_node_id, config) = base.split();
        let (project_id, name, config) = (self.project_id, self.name, Some(config));
        let base = ForkRun { project_id, name, mode, from_tick, config, scenario_patch: None, parent_node_id };
        Ok(Ok(ForkBatch { parent, base, variations }))
    }
}

impl ForkBatch {
    /// One fork per variation, as the runtime takes them.
    ///
    /// # Errors
    /// As [`ForkRun::of`], naming the variation.
    pub fn of(self, parent: &RunRecord, identity: &Identity) -> ApiResult<Vec<NewFork>> {
        let common = self.base.name.clone().unwrap_or_else(|| parent.name.clone());
        let fork = |(index, Object(variation)): (usize, Object<Variation>)| {
            let name = variation.name.clone().unwrap_or_else(|| {
                let end = format!(" {}", index + 1);
                common.chars().take(MAX_NAME_CHARS - end.len()).chain(end.chars()).collect()
            });
            check_name(&format!("variations[{index}].name"), &name)?;
            let config: RunConfig = self.base.config.clone().unwrap_or_default();
            let fork = ForkRun { name: Some(name), config: Some(variation.over(config)), ..self.base.clone() };
            fork.of(parent, identity.clone()).map_err(|error| blame(error, index))
        };
        self.variations.into_iter().enumerate().map(fork).collect()
    }
}
