//! Starting runs: on request, and from the queue as places free up.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus, TenantId};

use crate::demand::{Demand, Shortage, own_ticks, work};
use crate::error::RuntimeError;
use crate::lifecycle;
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
        match self.reserve(tenant_id, run_id) {
            Ok(lacking) => self.begin_or_wait(tenant_id, run_id, lacking),
            Err(refused) => Box::pin(async move { Err(refused) }.into_actor(self)),
        }
    }
}

impl Registry {
    /// Takes a place for a queued run; gives what it lacks where it has to wait instead.
    fn reserve(&mut self, tenant: TenantId, run: RunId) -> Result<Option<Shortage>, RuntimeError> {
        if self.stopping.is_some() {
            return Err(RuntimeError::ShuttingDown);
        }
        match self.live(tenant, run)?.phase {
            Phase::Queued => self.enter(tenant, run),
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
        let demand = self.runs.get(&run).map_or_else(Demand::default, |live| live.demand);
        let record = match self.leave(tenant, run, decide) {
            Ok(record) => record,
            Err(refused) => {
                self.admission.free_place(tenant, demand);
                return Box::pin(async move { Err(refused) }.into_actor(self));
            }
        };
        let writing = self.record(vec![Change::PutRun(Box::new(record.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            if let Err(error) = written {
                registry.admission.free_place(tenant, demand);
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
        (work(&record.spec, own_ticks(record)) / speed as f64 * 1000.0).ceil() / 1000.0
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
