//! The end of runs, and of the runtime.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus};
use futures_util::future::{FutureExt, select};
use tokio::sync::oneshot;

use crate::control::StopReason;
use crate::demand::Demand;
use crate::lifecycle::{self, RunEnd};
use crate::messages::{CloseRun, EndRun, RunEnded, ShutDown};
use crate::registry::{Phase, Registry};
use crate::request::Progress;
use crate::retention;

impl Handler<RunEnded> for Registry {
    type Result = ();

    fn handle(&mut self, message: RunEnded, ctx: &mut Self::Context) {
        let RunEnded { run_id, end } = message;
        let now_ms = self.surroundings.clock.unix_ms();
        let Some(live) = self.runs.get_mut(&run_id) else { return };
        live.phase = Phase::Ending;
        let deadline = live.deadline.take();
        let finished = lifecycle::finish(&live.record, &end, now_ms);
        if let Some(deadline) = deadline {
            ctx.cancel_future(deadline);
        }
        match finished {
            None => self.suspended(run_id),
            Some(record) => self.write_end(record, end, ctx),
        }
    }
}

impl Registry {
    /// The run pauses until the next start of the runtime; its record says running still, which is what will be true.
    fn suspended(&mut self, run: RunId) {
        self.runs.remove(&run);
        self.answer_shutdown();
    }

    /// Results, manifest and record in one transaction, so that a run that has ended has its results.
    fn write_end(&mut self, record: RunRecord, end: RunEnd, ctx: &mut Context<Self>) {
        let mut changes = vec![Change::PutRun(Box::new(record.clone()))];
        if record.status.is_terminal() {
            changes.extend(self.surplus_snapshots(record.id));
        }
        changes.extend(end.outcome_json.map(|json| Change::PutResults(record.id, json)));
        changes.extend(end.manifest.map(Change::PutRunManifest));
        if let Some(speed) = end.speed {
            self.remember_speed(&record.spec.model, speed, ctx);
        }
        let demand = self.runs.get(&record.id).map_or_else(Demand::default, |live| live.demand);
        let writing = self.record(changes);
        ctx.spawn(writing.into_actor(self).map(move |written, registry, ctx| {
            match written {
                Ok(()) if record.status == RunStatus::Paused => registry.paused(&record),
                Ok(()) => registry.forget(&record),
                Err(error) => {
                    // On the disk the run is running still: after a restart it goes on from its last snapshot. Until
                    // then nobody is told an end that is not kept; streams just close.
                    tracing::error!(run = %record.id, %error, "the end of a run could not be stored");
                    registry.surroundings.hub.do_send(CloseRun(record.id));
                    registry.admission.release(record.tenant_id, demand);
                    for waiter in registry.runs.remove(&record.id).map(|live| live.waiters).into_iter().flatten() {
                        drop(waiter.send(Err(error.clone().into())));
                    }
                }
            }
            registry.admission.free_place(record.tenant_id, demand);
            registry.start_waiting(ctx);
            registry.answer_shutdown();
        }));
    }

    /// The snapshots that a run does not keep when it has ended; none where they cannot be listed.
    fn surplus_snapshots(&self, run: RunId) -> Vec<Change> {
        let snapshots = self.surroundings.store.snapshots(run).unwrap_or_default();
        let newest = snapshots.last().map_or(0, |manifest| manifest.tick);
        let going = retention::surplus(&snapshots, newest, retention::KEPT_OF_ENDED);
        going.into_iter().map(|tick| Change::DropSnapshot(run, tick)).collect()
    }

    /// Closes the books on a run whose end is on the disk, and tells everybody.
    pub(super) fn forget(&mut self, record: &RunRecord) {
        // One that never started has its sink still.
        drop(self.surroundings.audits.take(record.id));
        self.surroundings.hub.do_send(EndRun(Progress::of(record)));
        if let Some(live) = self.runs.remove(&record.id) {
            self.admission.release(record.tenant_id, live.demand);
            for waiter in live.waiters {
                // Whoever asked may have gone.
                drop(waiter.send(Ok(record.clone())));
            }
        }
    }

    /// The mean of the last speed and this one: one odd run does not spoil the estimate.
    fn remember_speed(&mut self, model: &str, speed: u64, ctx: &mut Context<Self>) {
        let kept = self.speeds.entry(model.to_owned()).or_insert(speed);
        *kept = u64::midpoint(*kept, speed);
        let change = Change::PutSpeed(model.to_owned(), *kept);
        ctx.spawn(self.record(vec![change]).into_actor(self).map(|written, _, _| {
            if let Err(error) = written {
                tracing::warn!(%error, "the measured speed could not be stored");
            }
        }));
    }

    pub(super) fn answer_shutdown(&mut self) {
        let busy = self.under_way().next().is_some();
        if !busy && let Some(waiters) = &mut self.stopping {
            for waiter in waiters.drain(..) {
                let _ = waiter.send(());
            }
        }
    }
}

impl Handler<ShutDown> for Registry {
    type Result = ResponseActFuture<Self, Vec<RunId>>;

    fn handle(&mut self, ShutDown { within }: ShutDown, _: &mut Self::Context) -> Self::Result {
        let (sender, receiver) = oneshot::channel();
        self.stopping.get_or_insert_with(Vec::new).push(sender);
        let running = self.runs.iter().filter(|(_, live)| live.phase == Phase::Running).map(|(&run, _)| run);
        let noted = self.note_stopped(running);
        for live in self.runs.values() {
            live.control.stop(StopReason::Shutdown);
        }
        self.surroundings.verifications.stop_all(self.surroundings.clock.unix_ms());
        self.answer_shutdown();
        let end = within.map(|within| self.surroundings.clock.sleep(within));
        let rested = async move {
            noted.await;
            // Nobody is left to tell where the registry goes on without it.
            let _ = receiver.await;
        };
        let over = async move {
            match end {
                Some(end) => end.await,
                None => std::future::pending().await,
            }
        };
        let waiting = select(rested.boxed_local(), over.boxed_local());
        Box::pin(waiting.into_actor(self).map(|_, registry, _| registry.under_way().collect()))
    }
}

impl Registry {
    /// The runs of which something is under way.
    fn under_way(&self) -> impl Iterator<Item = RunId> {
        self.runs.iter().filter(|(_, live)| !live.phase.is_at_rest()).map(|(&run, _)| run)
    }
}
