//! The progress hub: one channel per run that has not ended. A channel holds the latest state only, so a slow watcher
//! sees fewer states, never an old one, and nobody waits for it.

use std::collections::HashMap;

use actix::{Actor, Context, Handler, MessageResult};
use civitas_store::RunId;
use tokio::sync::watch;

use crate::limits::HUB_MAILBOX;
use crate::messages::{CloseRun, EndRun, LatestProgress, PublishProgress, Subscribe, TrackRun};
use crate::request::Progress;

/// Owns the channels from runs to their watchers.
#[derive(Default)]
pub(crate) struct ProgressHub {
    runs: HashMap<RunId, watch::Sender<Progress>>,
}

impl Actor for ProgressHub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(HUB_MAILBOX);
    }
}

impl Handler<TrackRun> for ProgressHub {
    type Result = ();

    fn handle(&mut self, TrackRun(progress): TrackRun, _: &mut Self::Context) {
        self.runs.insert(progress.run_id, watch::Sender::new(progress));
    }
}

impl Handler<PublishProgress> for ProgressHub {
    type Result = ();

    fn handle(&mut self, PublishProgress(progress): PublishProgress, _: &mut Self::Context) {
        if let Some(channel) = self.runs.get(&progress.run_id) {
            channel.send_replace(progress);
        }
    }
}

impl Handler<EndRun> for ProgressHub {
    type Result = ();

    fn handle(&mut self, EndRun(progress): EndRun, _: &mut Self::Context) {
        if let Some(channel) = self.runs.remove(&progress.run_id) {
            channel.send_replace(progress);
        }
    }
}

impl Handler<CloseRun> for ProgressHub {
    type Result = ();

    fn handle(&mut self, CloseRun(run): CloseRun, _: &mut Self::Context) {
        // Whoever asks from now on gets the last state that is known to be true.
        if let Some(channel) = self.runs.get_mut(&run) {
            let last = channel.borrow().clone();
            *channel = watch::Sender::new(last);
        }
    }
}

impl Handler<Subscribe> for ProgressHub {
    type Result = MessageResult<Subscribe>;

    fn handle(&mut self, Subscribe(run): Subscribe, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.runs.get(&run).map(watch::Sender::subscribe))
    }
}

impl Handler<LatestProgress> for ProgressHub {
    type Result = MessageResult<LatestProgress>;

    fn handle(&mut self, LatestProgress(run): LatestProgress, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.runs.get(&run).map(|channel| channel.borrow().clone()))
    }
}
