//! Before a run is created: its data set is found and fixed, and all of it is checked.

use civitas_engine::{Catalogue, EngineError, World, memory_bytes};
use civitas_store::DatasetKey;

use super::Runtime;
use crate::datasets::Settled;
use crate::demand::{Resource, Scope, Shortage};
use crate::error::{Result, RuntimeError};
use crate::limits::{MAX_NAME_CHARS, MAX_VERSION_CHARS};
use crate::reading::Reading;
use crate::request::NewRun;

impl Runtime {
    /// Checks runs, gives them the effects of the bundles that they name, and fixes which versions of data sets they name.
    pub(super) async fn settle(&self, runs: Vec<NewRun>) -> Result<(Vec<NewRun>, Vec<DatasetKey>)> {
        let own = |run: &NewRun| run.bundle.is_some() || self.catalogue.dataset(&run.spec.population.dataset).is_err();
        if !runs.iter().any(own) {
            return self.settle_here(runs, &mut Reading::default());
        }
        // Reading a bundle, or a data set and looking at every agent of it, takes a while; the caller's thread may have other work.
        let runtime = self.clone();
        let settled = tokio::task::spawn_blocking(move || runtime.settle_here(runs, &mut Reading::default())).await;
        settled.map_err(|_| RuntimeError::ShuttingDown)?
    }

    /// The same on this thread; `reading` is what the request has read so far.
    pub(super) fn settle_here(
        &self,
        runs: Vec<NewRun>,
        reading: &mut Reading,
    ) -> Result<(Vec<NewRun>, Vec<DatasetKey>)> {
        let mut keys = Vec::new();
        let settle = |run| {
            let run = self.event_scripts.applied(run, reading)?;
            let Settled { run, catalogue, uses, memory_bytes } = self.datasets.settle(&self.catalogue, run, reading)?;
            self.check(&run, &catalogue, memory_bytes)?;
            keys.extend(uses);
            Ok(run)
        };
        let runs = runs.into_iter().map(settle).collect::<Result<_>>()?;
        Ok((runs, keys))
    }

    fn check(&self, run: &NewRun, catalogue: &Catalogue, dataset_bytes: u64) -> Result<()> {
        if run.execution.batch_size == 0 {
            return Err(EngineError::invalid("scheduler.batch_size", "must be at least 1").into());
        }
        for (field, text, max) in [("name", &run.name, MAX_NAME_CHARS), ("created_by", &run.created_by, MAX_NAME_CHARS)]
        {
            if text.chars().count() > max {
                return Err(EngineError::invalid(field, format!("must have at most {max} characters")).into());
            }
        }
        if run.versions.iter().any(|version| version.chars().count() > MAX_VERSION_CHARS) {
            let problem = format!("must have at most {MAX_VERSION_CHARS} characters each");
            return Err(EngineError::invalid("versions", problem).into());
        }
        World::check(&run.spec, catalogue)?;
        let threads = self.config.compute_threads();
        let needed = memory_bytes(&run.spec, catalogue, self.config.partitions, threads)?.saturating_add(dataset_bytes);
        // Its twin, where it has one, is stepped beside it.
        let needed = if run.spec.attributed().is_some() { needed.saturating_mul(2) } else { needed };
        let limits = &self.config.limits;
        let budgets = [
            (Scope::Run, limits.max_run_memory_bytes),
            (Scope::Tenant, limits.max_tenant_memory_bytes),
            (Scope::Machine, limits.max_memory_total_bytes),
        ];
        match budgets.into_iter().find(|&(_, budget)| needed > budget) {
            Some((scope, budget)) => {
                let resource = Resource::Memory;
                Err(RuntimeError::TooLarge(Shortage { resource, scope, needed, in_use: 0, budget }))
            }
            None => Ok(()),
        }
    }
}
