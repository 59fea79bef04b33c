//! Sinks of audits on their way from whoever asks for them to the supervisor of the run: a sink is given before the run
//! starts and taken when it does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use civitas_engine::AuditSink;
use civitas_store::RunId;

type Sinks = HashMap<RunId, Box<dyn AuditSink>>;

/// The sinks that wait for their runs, shared by a runtime's handle and its threads. Bounded by the runs that wait: a run
/// that ends takes its sink along.
#[derive(Clone, Default)]
pub(crate) struct WaitingSinks(Arc<Mutex<Sinks>>);

impl WaitingSinks {
    /// Keeps the sink for the run.
    pub(crate) fn give(&self, run: RunId, sink: Box<dyn AuditSink>) {
        self.lock().insert(run, sink);
    }

    /// The sink of the run, which has it from now on; most runs have none.
    pub(crate) fn take(&self, run: RunId) -> Option<Box<dyn AuditSink>> {
        self.lock().remove(&run)
    }

    /// True while a sink waits for the run.
    pub(crate) fn has(&self, run: RunId) -> bool {
        self.lock().contains_key(&run)
    }

    fn lock(&self) -> MutexGuard<'_, Sinks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
