//! The audit of a run, for runs that have one: asks the partitions for their hashes and hands them to the sink. A run
//! without an audit costs one look at an `Option` per moment.

use civitas_engine::{AuditEnd, AuditEntry, AuditSink, Chronicle, Coordinator, Moment};
use civitas_store::RunId;

use crate::lifecycle::Ending;
use crate::messages::PartitionFault;
use crate::supervisor::crew::Crew;

/// A run's audit, or none.
#[derive(Default)]
pub(super) struct Audit(Option<Audited>);

struct Audited {
    run: RunId,
    sink: Box<dyn AuditSink>,
    chronicle: Chronicle,
}

impl Audit {
    /// The audit of a run whose partitions are made and that is about to start, on this many threads.
    pub(super) fn begin(
        run: RunId,
        sink: Option<Box<dyn AuditSink>>,
        history: &Coordinator,
        crew: &Crew,
        threads: usize,
    ) -> Self {
        let Some(mut sink) = sink else { return Self::default() };
        let wanted = sink.begin(history.world(), crew.partitions(), threads);
        let mut audit = Self(Some(Audited { run, sink, chronicle: Chronicle::default() }));
        audit.goes_on(wanted);
        audit
    }

    /// A moment at which agents may have changed.
    pub(super) async fn state(&mut self, moment: Moment, run: &Coordinator, crew: &Crew) -> Result<(), PartitionFault> {
        let Some(audited) = &mut self.0 else { return Ok(()) };
        let parts = crew.hashes(audited.sink.wants_agents()).await?;
        let entry = audited.chronicle.state(run, moment, parts).map_err(PartitionFault::Engine)?;
        self.record(&entry);
        Ok(())
    }

    /// A moment at which the environment alone may have changed.
    pub(super) fn environment(&mut self, run: &Coordinator) {
        let Some(audited) = &mut self.0 else { return };
        if let Some(entry) = audited.chronicle.environment(run) {
            self.record(&entry);
        }
    }

    /// The end of the run, or of what its audit has of it; one that goes on by itself later has none.
    pub(super) fn end(&mut self, ending: &Ending) {
        let end = match ending {
            Ending::Completed => AuditEnd::Completed,
            Ending::Cancelled => AuditEnd::Cancelled,
            Ending::Failed(_) => AuditEnd::Failed,
            Ending::Paused => AuditEnd::Paused,
            Ending::Suspended => return,
        };
        if let Some(mut audited) = self.0.take() {
            audited.sink.end(end);
        }
    }

    fn record(&mut self, entry: &AuditEntry) {
        if let Some(audited) = &mut self.0 {
            let wanted = audited.sink.record(entry);
            self.goes_on(wanted);
        }
    }

    fn goes_on(&mut self, wanted: bool) {
        if !wanted && let Some(audited) = self.0.take() {
            tracing::warn!(run = %audited.run, "the audit of this run has ended before the run");
        }
    }
}
