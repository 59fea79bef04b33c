//! What waits for room on the disk: ends of runs, and runs that wait to start. An end that finds none is written as soon as there is
//! some; the run is on its way out of running all the while, and while one waits nothing new is begun, for it may need more than is
//! kept back. Where the runtime stops meanwhile, the run goes on from its last snapshot in the next life.

use std::collections::VecDeque;

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, StoreError};

use crate::error::RuntimeError;
use crate::lifecycle;
use crate::limits::ROOM_PAUSE;
use crate::registry::Registry;

/// An end that is to be written.
pub(super) struct WaitingEnd {
    pub(super) record: RunRecord,
    pub(super) changes: Vec<Change>,
    /// True once the log says that it waits.
    pub(super) is_told: bool,
}

/// Who waits for room.
#[derive(Default)]
pub(super) struct Short {
    ends: VecDeque<WaitingEnd>,
    /// Where somebody waits: what the store said last.
    refused: Option<StoreError>,
    /// The next look at the disk.
    looks: Option<SpawnHandle>,
}

/// Registry to itself: look whether the disk has room again for what waits.
#[derive(Message)]
#[rtype(result = "()")]
struct LookForRoom;

impl Handler<LookForRoom> for Registry {
    type Result = ();

    fn handle(&mut self, _: LookForRoom, ctx: &mut Self::Context) {
        self.short.looks = None;
        match self.short.ends.pop_front() {
            // One at a time: the others would be told the same.
            Some(end) => self.write_waiting(end, ctx),
            None => self.start_waiting(ctx),
        }
    }
}

impl Registry {
    /// Whether something new may begin.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`], also while an end waits for room.
    pub(super) fn room_to_begin(&mut self) -> Result<(), StoreError> {
        if let Some(refused) = self.short.refused.as_ref().filter(|_| !self.short.ends.is_empty()) {
            return Err(refused.clone());
        }
        self.surroundings.store.room()?;
        if self.short.refused.take().is_some() {
            tracing::info!("the disk has room again");
        }
        Ok(())
    }

    /// Why a run whose end waits for room cannot be cancelled now; `None` for any other.
    pub(super) fn end_waits(&self, run: RunId) -> Option<RuntimeError> {
        let waits = self.short.ends.iter().any(|end| end.record.id == run);
        self.short.refused.clone().filter(|_| waits).map(RuntimeError::from)
    }

    /// Has what waits be looked at again in a while; says so once.
    pub(super) fn look_for_room(&mut self, refused: StoreError, ctx: &mut Context<Self>) {
        if self.short.refused.is_none() {
            tracing::warn!(%refused, "what waits to be stored or to start waits for room");
        }
        self.short.refused = Some(refused);
        if self.short.looks.is_none() {
            self.short.looks = Some(ctx.notify_later(LookForRoom, ROOM_PAUSE));
        }
    }

    /// Writes an end, or has it wait where others do.
    pub(super) fn put_end(&mut self, end: WaitingEnd, ctx: &mut Context<Self>) {
        if self.short.ends.is_empty() {
            self.write_waiting(end, ctx);
        } else {
            self.short.ends.push_back(end);
        }
    }

    fn write_waiting(&mut self, mut end: WaitingEnd, ctx: &mut Context<Self>) {
        let writing = self.record(end.changes.clone());
        ctx.spawn(writing.into_actor(self).map(move |written, registry, ctx| match written {
            Err(refused @ StoreError::NoRoom { .. }) if registry.books.is_closed() => {
                registry.leave_to_next_life(end, &refused, ctx);
                for end in std::mem::take(&mut registry.short.ends) {
                    registry.leave_to_next_life(end, &refused, ctx);
                }
            }
            Err(refused @ StoreError::NoRoom { .. }) => {
                if !end.is_told {
                    tracing::warn!(run = %end.record.id, %refused, "the end of a run waits for room");
                }
                end.is_told = true;
                registry.short.ends.push_back(end);
                registry.look_for_room(refused, ctx);
            }
            written => {
                if let Some(next) = registry.short.ends.pop_front() {
                    registry.write_waiting(next, ctx);
                }
                registry.end_written(&end.record, written, ctx);
            }
        }));
    }

    /// The runtime stops before there is room for an end: that the run was stopped in good order is noted, if there is room for that.
    fn leave_to_next_life(&mut self, end: WaitingEnd, refused: &StoreError, ctx: &mut Context<Self>) {
        let (run, refused) = (end.record.id, refused.clone());
        let entry = self.books.run(run).map(|entry| lifecycle::stopped_in_order(&entry.record));
        let noted = self.record(entry.map(|record| Change::PutRun(Box::new(record))).into_iter().collect());
        ctx.spawn(noted.into_actor(self).map(move |noted, registry, ctx| {
            if let Err(error) = noted {
                tracing::warn!(%run, %error, "that a run was stopped in good order could not be stored");
            }
            registry.end_written(&end.record, Err(refused), ctx);
        }));
    }
}
