//! The end of runs, and of the runtime.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus, StoreError};
use futures_util::future::{FutureExt, select};
use tokio::sync::oneshot;

use crate::books::Ended;
use crate::control::StopReason;
use crate::lifecycle::RunEnd;
use crate::messages::{CloseRun, EndRun, RunEnded, ShutDown};
use crate::registry::Registry;
use crate::registry::short::WaitingEnd;
use crate::request::Progress;
use crate::retention;

impl Handler<RunEnded> for Registry {
    type Result = ();

    fn handle(&mut self, message: RunEnded, ctx: &mut Self::Context) {
        let RunEnded { run_id, end } = message;
        let now_ms = self.surroundings.clock.unix_ms();
        self.surroundings.ways.close(run_id);
        if let Some(deadline) = self.handles.get_mut(&run_id).and_then(|handles| handles.deadline.take()) {
            ctx.cancel_future(deadline);
        }
        match self.books.end(run_id, &end, now_ms) {
            Ended::Unknown => {}
            Ended::Suspended => {
                self.handles.remove(&run_id);
                self.answer_shutdown();
            }
            Ended::Write(record) => self.write_end(*record, end, ctx),
        }
    }
}

impl Registry {
    /// Results, manifest and record in one transaction, so that a run that has ended has its results.
    fn write_end(&mut self, mut record: RunRecord, end: RunEnd, ctx: &mut Context<Self>) {
        if record.status.is_terminal() && end.outcome_json.is_none() {
            record = self.with_earlier_results(record);
        }
        let mut changes = vec![Change::PutRun(Box::new(record.clone()))];
        if record.status.is_terminal() {
            changes.extend(self.surplus_snapshots(record.id));
        }
        if let Some(json) = end.outcome_json {
            changes.push(Change::PutResults(record.id, json));
            changes.extend(self.results_url(record.id, end.results_url));
        }
        changes.extend(end.manifest.map(Change::PutRunManifest));
        if let Some(speed) = end.speed {
            self.remember_speed(&record.spec.model, speed, ctx);
        }
        self.put_end(WaitingEnd { record, changes, is_told: false }, ctx);
    }

    /// What came of writing an end.
    pub(super) fn end_written(&mut self, record: &RunRecord, written: Result<(), StoreError>, ctx: &mut Context<Self>) {
        self.books.ended(record.clone(), written.is_ok());
        match written {
            Ok(()) if record.status == RunStatus::Paused => self.paused(record),
            Ok(()) => self.forget(record),
            Err(error) => {
                tracing::error!(run = %record.id, %error, "the end of a run could not be stored");
                // Streams just close.
                self.surroundings.hub.do_send(CloseRun(record.id));
                if let Some(mut handles) = self.handles.remove(&record.id) {
                    handles.answer(&Err(error.into()));
                }
            }
        }
        self.start_waiting(ctx);
        self.answer_shutdown();
    }

    /// The record of a run that ends without results of its own, with those of its last pause, if there was any.
    pub(super) fn with_earlier_results(&self, record: RunRecord) -> RunRecord {
        match self.surroundings.store.run_manifest(record.id) {
            Ok(Some(manifest)) => RunRecord { has_results: true, current_tick: manifest.end.tick, ..record },
            _ => record,
        }
    }

    /// Says where the copy of results is that go with a run's end: one of an earlier pause holds no longer.
    fn results_url(&self, run: RunId, url: Option<String>) -> Option<Change> {
        // One that cannot be read is written over.
        let is_noted = !matches!(self.surroundings.store.results_url(run), Ok(None));
        (is_noted || url.is_some()).then_some(Change::SetResultsUrl(run, url))
    }

    /// The snapshots that a run does not keep when it has ended; none where they cannot be listed.
    fn surplus_snapshots(&self, run: RunId) -> Vec<Change> {
        let snapshots = self.surroundings.store.snapshots(run).unwrap_or_default();
        let newest = snapshots.last().map_or(0, |manifest| manifest.tick);
        let going = retention::surplus(&snapshots, newest, retention::KEPT_OF_ENDED);
        going.into_iter().map(|tick| Change::DropSnapshot(run, tick)).collect()
    }

    /// Tells everybody that a run has ended, whose end is on the disk.
    pub(super) fn forget(&mut self, record: &RunRecord) {
        // One that never started has its sink still.
        drop(self.surroundings.audits.take(record.id));
        self.surroundings.hub.do_send(EndRun(Progress::of(record)));
        let (run, tenant, status) = (record.id, record.tenant_id, record.status.as_str());
        let ms = record.running_ms;
        match &record.fault {
            Some(error) => {
                tracing::warn!(%run, %tenant, status, ticks = record.current_tick, ms, code = error.code, "a run ended")
            }
            None => tracing::info!(%run, %tenant, status, ticks = record.current_tick, ms, "a run ended"),
        }
        self.surroundings.meters.runs_ended.get_or_create(&[("status", record.status.as_str())]).inc();
        if let Some(mut handles) = self.handles.remove(&record.id) {
            handles.answer(&Ok(record.clone()));
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
        if self.books.under_way().next().is_none() {
            for waiter in self.stopping.drain(..) {
                // Whoever asked may have gone.
                let _ = waiter.send(());
            }
        }
    }
}

impl Handler<ShutDown> for Registry {
    type Result = ResponseActFuture<Self, Vec<RunId>>;

    fn handle(&mut self, ShutDown { within }: ShutDown, _: &mut Self::Context) -> Self::Result {
        let (sender, receiver) = oneshot::channel();
        self.books.close();
        self.stopping.push(sender);
        let noted = self.note_stopped(self.books.running());
        for handles in self.handles.values() {
            handles.control.stop(StopReason::Shutdown);
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
        Box::pin(waiting.into_actor(self).map(|_, registry, _| registry.books.under_way().collect()))
    }
}
