//! Taking over the runs of the last life. What was running goes on, unless the server has ended under it too often; how often is
//! on the disk before it runs again, so that a run which takes the server down with it is not started for ever.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus, StoreError};

use crate::lifecycle::{self, Recovered};
use crate::limits::ROOM_PAUSE;
use crate::messages::{BeginTrial, Recover, RunHolds};
use crate::registry::{Handles, Registry};

impl Handler<Recover> for Registry {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Recover(runs): Recover, _: &mut Self::Context) -> Self::Result {
        let (interrupted, resting): (Vec<_>, Vec<_>) = runs
            .into_iter()
            .filter(|record| self.books.run(record.id).is_none())
            .partition(|record| record.status == RunStatus::Running);
        let recovered: Vec<Recovered> = interrupted.iter().map(|record| self.recovered(record)).collect();
        let changes = recovered.iter().map(|found| Change::PutRun(Box::new(found.record().clone()))).collect();
        let writing = self.record(changes);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            // Meanwhile another may have taken them over, or the runtime may have begun to stop.
            let unknown = |record: &RunRecord| registry.books.run(record.id).is_none();
            let interrupted = match written {
                Ok(()) => recovered,
                Err(refused @ StoreError::NoRoom { .. }) => {
                    tracing::warn!(%refused, "interrupted runs go on when there is room");
                    ctx.notify_later(Recover(interrupted), ROOM_PAUSE);
                    Vec::new()
                }
                Err(error) => {
                    // The store takes nothing any more, so that no end could be kept either.
                    tracing::error!(%error, "interrupted runs do not go on: that they were interrupted could not be stored");
                    return;
                }
            };
            let interrupted: Vec<_> = interrupted.into_iter().filter(|found| unknown(found.record())).collect();
            let resting: Vec<_> = resting.into_iter().filter(unknown).collect();
            if registry.books.is_closed() {
                let running = interrupted.iter().map(Recovered::record).filter(|it| !it.status.is_terminal());
                let in_order = running.map(|it| Change::PutRun(Box::new(lifecycle::stopped_in_order(it)))).collect();
                ctx.spawn(registry.record(in_order).into_actor(registry).map(|_, _, _| ()));
                return;
            }
            for found in interrupted {
                registry.go_on(found, ctx);
            }
            for record in resting {
                registry.take_over(record);
            }
            registry.start_waiting(ctx);
        }))
    }
}

impl Registry {
    /// What becomes of a run that was running.
    fn recovered(&self, record: &RunRecord) -> Recovered {
        let snapshots = self.surroundings.store.snapshots(record.id).unwrap_or_default();
        let newest = snapshots.last().map_or(0, |manifest| manifest.tick);
        let now_ms = self.surroundings.clock.unix_ms();
        match self.books.recovered(record, newest, now_ms) {
            Recovered::Ended(ended) => Recovered::Ended(self.with_earlier_results(ended)),
            goes_on => goes_on,
        }
    }

    /// Has an interrupted run go on, or come to its end.
    fn go_on(&mut self, found: Recovered, ctx: &mut Context<Self>) {
        let demand = self.demand(found.record());
        let ended = found.record().id;
        let Some((record, given_up)) = self.books.go_on(found, demand) else {
            tracing::error!(run = %ended, "a run was interrupted too often, and so was the making of its results");
            return;
        };
        let (run, interruptions) = (record.id, record.interruptions);
        self.track(&record);
        match &given_up {
            None => tracing::info!(%run, interruptions, "a run was interrupted; it goes on"),
            Some(_) => tracing::error!(%run, interruptions, "a run was interrupted too often; it has failed"),
        }
        self.launch_with(run, true, given_up, ctx);
    }

    /// Takes over a run at rest.
    fn take_over(&mut self, record: RunRecord) {
        let demand = self.demand(&record);
        self.track(&record);
        self.handles.insert(record.id, Handles::default());
        self.books.take_over(record, demand);
    }

    /// Notes that these runs, which are running, are stopped in good order. Resolves when that is on the disk.
    pub(super) fn note_stopped(&self, runs: impl Iterator<Item = RunId>) -> impl Future<Output = ()> + 'static {
        let records =
            runs.filter_map(|run| self.books.run(run)).map(|entry| lifecycle::stopped_in_order(&entry.record));
        let changes: Vec<_> = records.map(|record| Change::PutRun(Box::new(record))).collect();
        let writing = self.record(changes);
        async move {
            if let Err(error) = writing.await {
                tracing::warn!(%error, "that runs were stopped in good order could not be stored");
            }
        }
    }
}

impl Handler<BeginTrial> for Registry {
    type Result = ResponseActFuture<Self, Result<bool, StoreError>>;

    fn handle(&mut self, BeginTrial(run): BeginTrial, _: &mut Self::Context) -> Self::Result {
        let Some(record) = self.books.begin_trial(run) else {
            return Box::pin(async { Ok(false) }.into_actor(self));
        };
        let change = Change::PutRun(Box::new(record));
        let writing = self.record(vec![change]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            written?;
            registry.set_deadline(run, ctx);
            Ok(true)
        }))
    }
}

impl Handler<RunHolds> for Registry {
    type Result = ();

    fn handle(&mut self, RunHolds { run_id, bytes }: RunHolds, _: &mut Self::Context) {
        self.books.holds(run_id, bytes);
    }
}
