//! Starting runs: on request, and from the queue as places free up.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use civitas_engine::{Activation, NetworkKind};
use civitas_store::{Change, RunId, RunRecord, RunStatus, StoredSpec, TenantId};

use crate::error::RuntimeError;
use crate::lifecycle;
use crate::limits::READS_OF_A_STEP;
use crate::messages::StartRun;
use crate::registry::{Phase, Registry};
use crate::request::StartedRun;

/// Agent-steps per second that are assumed of a model before any run of it has ended on this machine.
const FIRST_SPEED: u64 = 20_000_000;

/// The record of a run that runs now.
pub(super) type Begun = ResponseActFuture<Registry, Result<RunRecord, RuntimeError>>;

/// Registry to itself: start what waits, as far as there are places.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct StartWaiting;

impl Handler<StartWaiting> for Registry {
    type Result = ();

    fn handle(&mut self, _: StartWaiting, ctx: &mut Self::Context) {
        self.start_waiting(ctx);
    }
}

impl Handler<StartRun> for Registry {
    type Result = ResponseActFuture<Self, Result<StartedRun, RuntimeError>>;

    fn handle(&mut self, message: StartRun, _: &mut Self::Context) -> Self::Result {
        let StartRun { tenant_id, run_id } = message;
        if let Err(refused) = self.reserve(tenant_id, run_id) {
            return Box::pin(async move { Err(refused) }.into_actor(self));
        }
        Box::pin(self.begin(tenant_id, run_id).map(|begun, registry, _| {
            let record = begun?;
            let estimated_duration_s = registry.estimate(&record);
            Ok(StartedRun { record, estimated_duration_s })
        }))
    }
}

impl Registry {
    /// Takes a place for a queued run.
    fn reserve(&mut self, tenant: TenantId, run: RunId) -> Result<(), RuntimeError> {
        if self.stopping.is_some() {
            return Err(RuntimeError::ShuttingDown);
        }
        match self.live(tenant, run)?.phase {
            Phase::Queued => self.admission.take_place(tenant),
            Phase::Paused => Err(RuntimeError::WrongStatus(run, RunStatus::Paused, "resume it instead")),
            Phase::Leaving | Phase::Running | Phase::Ending => Err(RuntimeError::AlreadyRunning(run)),
        }
    }

    /// Starts waiting runs while there are places.
    pub(super) fn start_waiting(&mut self, ctx: &mut Context<Self>) {
        while self.stopping.is_none()
            && let Some((tenant, run)) = self.admission.next()
        {
            let begun = self.begin(tenant, run).map(move |begun, _, _| {
                if let Err(error) = begun {
                    tracing::error!(%run, %error, "a waiting run could not be started; start it by hand");
                }
            });
            ctx.spawn(begun);
        }
    }

    /// Moves a queued or paused run, whose place is taken, to running: on the disk first, then for real.
    pub(super) fn begin(&mut self, tenant: TenantId, run: RunId) -> Begun {
        let now_ms = self.surroundings.clock.unix_ms();
        let resume = self.runs.get(&run).is_some_and(|live| live.phase == Phase::Paused);
        let decide = |record: &RunRecord| match resume {
            true => lifecycle::resume(record),
            false => lifecycle::start(record, now_ms),
        };
        let record = match self.leave(tenant, run, decide) {
            Ok(record) => record,
            Err(refused) => {
                self.admission.free_place(tenant);
                return Box::pin(async move { Err(refused) }.into_actor(self));
            }
        };
        let writing = self.record(vec![Change::PutRun(Box::new(record.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            if let Err(error) = written {
                registry.admission.free_place(tenant);
                registry.stay(run, &error);
                return Err(error.into());
            }
            registry.admission.leave_queue(tenant);
            if let Some(live) = registry.runs.get_mut(&run) {
                live.record = record.clone();
            }
            // A fork has had a state to go on from since it was made.
            registry.launch(run, resume || record.forked_from.is_some(), ctx);
            Ok(record)
        }))
    }

    /// How long a run should take, in seconds, by the speed measured on this machine.
    pub(super) fn estimate(&mut self, record: &RunRecord) -> f64 {
        let speed = self.speed(record).max(1);
        // Three digits are more than the estimate is good for.
        (work(&record.spec, record.total_ticks) / speed as f64 * 1000.0).ceil() / 1000.0
    }

    /// Agent-steps per second of the run's model in earlier runs on this machine.
    fn speed(&mut self, record: &RunRecord) -> u64 {
        if let Some(&speed) = self.speeds.get(&record.spec.model) {
            return speed;
        }
        let stored = self.surroundings.store.speed(&record.spec.model).unwrap_or_else(|error| {
            tracing::warn!(%error, "the measured speed cannot be read");
            None
        });
        let Some(speed) = stored else { return FIRST_SPEED };
        self.speeds.insert(record.spec.model.clone(), speed);
        speed
    }
}

/// Steps of agents that a run's work is worth. Agents that do not act are measured all the same; where everybody reads
/// everybody else, a step takes as much longer.
fn work(spec: &StoredSpec, ticks: u32) -> f64 {
    let agents = f64::from(spec.agents);
    let acting = if spec.activation == Activation::One.as_str() { 1.0 } else { agents * spec.sample_rate };
    let everybody = spec.network == NetworkKind::Complete.as_str();
    let reads = if everybody { (agents - 1.0) / READS_OF_A_STEP as f64 } else { 0.0 };
    f64::from(ticks) * (acting * reads.max(1.0) + (agents - acting) * WORK_OF_MEASURING)
}

/// What it takes to measure an agent that does not act, as a share of a step.
const WORK_OF_MEASURING: f64 = 0.1;

#[cfg(test)]
mod tests {
    use civitas_engine::{NetworkSpec, PopulationSpec, RunSpec};

    use super::*;
    use crate::request::{Execution, to_stored};

    fn work_of(activation: Activation, kind: NetworkKind, agents: u32, sample_rate: f64) -> f64 {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
        let network = NetworkSpec { kind, ..NetworkSpec::default() };
        let spec = RunSpec { activation, network, population, sample_rate, ..RunSpec::default() };
        work(&to_stored(&spec, Execution::default(), 0, &Default::default()), 10)
    }

    #[test]
    fn work_counts_who_acts_and_what_it_reads() {
        let near =
            |found: f64, wanted: f64| assert!((found / wanted - 1.0).abs() < 1e-9, "{found} instead of {wanted}");
        near(work_of(Activation::All, NetworkKind::Gravity, 1_000, 1.0), 10_000.0);
        near(work_of(Activation::All, NetworkKind::Gravity, 1_000, 0.5), 5_000.0 + 500.0);
        near(work_of(Activation::One, NetworkKind::Gravity, 1_001, 1.0), 10.0 + 1_000.0);
        // 10,240 others are forty times the reads that a step is reckoned with; 100 others are within them.
        near(work_of(Activation::All, NetworkKind::Complete, 10_241, 1.0), 10.0 * 10_241.0 * 40.0);
        near(work_of(Activation::All, NetworkKind::Complete, 101, 1.0), 1_010.0);
        near(work_of(Activation::One, NetworkKind::Complete, 10_241, 1.0), 10.0 * (40.0 + 1_024.0));
    }
}
