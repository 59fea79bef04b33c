//! Runs of a batch that begin with the state of another: that they do is on the disk, with the snapshot that they have, before
//! their first tick, so that what a run goes on from is never in doubt.

use actix::{ActorFutureExt, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, StoreError};

use crate::messages::BeginWith;
use crate::registry::Registry;
use crate::sharing::may_begin_with_another;

impl Handler<BeginWith> for Registry {
    type Result = ResponseActFuture<Self, Result<Option<Box<RunRecord>>, StoreError>>;

    fn handle(&mut self, BeginWith { run_id, beginning }: BeginWith, _: &mut Self::Context) -> Self::Result {
        let from = beginning.as_ref().map(|beginning| (beginning.from, beginning.agent_steps));
        let Some(record) = self.books.begin_with(run_id, from) else {
            return Box::pin(async { Ok(None) }.into_actor(self));
        };
        let changes = beginning
            .map(|beginning| vec![Change::PutRun(Box::new(record.clone())), Change::PutManifest(beginning.manifest)]);
        let writing = self.record(changes.unwrap_or_default());
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            registry.books.assert_sound();
            written?;
            registry.set_deadline(run_id, ctx);
            Ok(Some(Box::new(record)))
        }))
    }
}

impl Registry {
    /// True for a run whose supervisor tells when it begins: it may have another run of its batch to wait for.
    pub(super) fn may_wait_for_another(&self, run: RunId) -> bool {
        let entry = self.books.run(run).filter(|_| self.surroundings.shares_prefixes);
        entry.is_some_and(|entry| may_begin_with_another(&entry.record))
    }
}
