//! Starting runs: on request, and from the queue as places free up.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, TenantId};

use crate::books::{Asked, Beginning, Phase};
use crate::demand::{Shortage, work_of};
use crate::error::RuntimeError;
use crate::messages::StartRun;
use crate::registry::Registry;
use crate::request::StartedRun;

/// Agent-steps per second that are assumed of a model before any run of it has ended on this machine.
const FIRST_SPEED: u64 = 20_000_000;

/// The record of a run that runs now.
type Begun = ResponseActFuture<Registry, Result<RunRecord, RuntimeError>>;

/// What whoever starts a run is told.
pub(super) type Started = ResponseActFuture<Registry, Result<StartedRun, RuntimeError>>;

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
    type Result = Started;

    fn handle(&mut self, StartRun { tenant_id, run_id }: StartRun, _: &mut Self::Context) -> Self::Result {
        self.start(tenant_id, run_id, Phase::Queued)
    }
}

impl Registry {
    /// Starts a run that rests in this phase; it waits where there is no room for it now.
    pub(super) fn start(&mut self, tenant: TenantId, run: RunId, from: Phase) -> Started {
        let now_ms = self.surroundings.clock.unix_ms();
        let known = match self.books.is_closed() {
            true => Err(RuntimeError::ShuttingDown),
            false => match self.live(tenant, run).map(|entry| entry.phase) {
                // What a run writes while it runs needs room.
                Ok(phase) if phase == from => self.room_to_begin().map_err(RuntimeError::from),
                told => told.map(|_| ()),
            },
        };
        match known.and_then(|()| self.books.start(run, from, now_ms)) {
            Ok(Asked::Begins(beginning)) => Box::pin(self.begin(*beginning).map(|begun, registry, _| {
                let record = begun?;
                let estimated_duration_s = registry.estimate(&record);
                Ok(StartedRun { record, estimated_duration_s, waits_for: None })
            })),
            Ok(Asked::Waits(asked, shortage)) => self.wait(*asked, shortage),
            Err(refused) => Box::pin(async move { Err(refused) }.into_actor(self)),
        }
    }

    /// Writes that a run is asked to start, and has it wait for what it lacks.
    fn wait(&mut self, asked: RunRecord, shortage: Shortage) -> Started {
        let writing = self.record(vec![Change::PutRun(Box::new(asked.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            written?;
            let estimated_duration_s = registry.estimate(&asked);
            if registry.books.waits(asked.id) {
                ctx.notify(StartWaiting);
            }
            registry.books.assert_sound();
            Ok(StartedRun { record: asked, estimated_duration_s, waits_for: Some(shortage) })
        }))
    }

    /// Starts waiting runs while there are places.
    pub(super) fn start_waiting(&mut self, ctx: &mut Context<Self>) {
        if self.books.has_waiting()
            && let Err(refused) = self.room_to_begin()
        {
            return self.look_for_room(refused, ctx);
        }
        let now_ms = self.surroundings.clock.unix_ms();
        while let Some(next) = self.books.next(now_ms) {
            let begun: Begun = match next {
                Ok(beginning) => self.begin(beginning),
                Err(refused) => Box::pin(async move { Err(refused) }.into_actor(self)),
            };
            ctx.spawn(begun.map(|begun, _, _| {
                if let Err(error) = begun {
                    tracing::error!(%error, "a waiting run could not be started; start it by hand");
                }
            }));
        }
        self.books.assert_sound();
    }

    /// Has a run begin, whose place is taken: on the disk first, then for real.
    fn begin(&mut self, Beginning { record, resume }: Beginning) -> Begun {
        let writing = self.record(vec![Change::PutRun(Box::new(record.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            registry.books.begun(record.clone(), written.is_ok());
            registry.books.assert_sound();
            if let Err(error) = written {
                registry.stays(record.id, &error);
                return Err(error.into());
            }
            registry.launch(record.id, resume, ctx);
            Ok(record)
        }))
    }

    /// How long a run should take, in seconds, by the speed measured on this machine.
    pub(super) fn estimate(&mut self, record: &RunRecord) -> f64 {
        let speed = self.speed(record).max(1);
        // Three digits are more than the estimate is good for.
        (work_of(record) / speed as f64 * 1000.0).ceil() / 1000.0
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
