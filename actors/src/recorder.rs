//! The recorder: the one way from actors to the disk. Records go straight to the store's committer; snapshots, which
//! take long to compress, go through a thread of their own, so that neither a tick nor an acknowledgement waits for
//! them.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use actix::{Actor, Context, Handler, ResponseFuture};
use civitas_store::{Change, Purpose, Result as StoreResult, SnapshotManifest, SnapshotReason, Store, StoreError};
use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::limits::{RECORDER_MAILBOX, SNAPSHOT_QUEUE};
use crate::messages::{Record, SaveSnapshot, SnapshotJob};
use crate::meters::Meters;
use crate::retention;

type Done = oneshot::Sender<StoreResult<()>>;

/// Owns the order of durable writes.
pub(crate) struct Recorder {
    store: Arc<dyn Store>,
    snapshots: Option<Sender<(Arc<SnapshotJob>, Done)>>,
    meters: Meters,
    writer: Option<JoinHandle<()>>,
}

impl Recorder {
    /// A recorder for this store, with its snapshot thread.
    pub(crate) fn new(store: Arc<dyn Store>, meters: Meters) -> std::io::Result<Self> {
        let (sender, receiver) = bounded(SNAPSHOT_QUEUE);
        let (own, counting) = (Arc::clone(&store), meters.clone());
        let writer = std::thread::Builder::new()
            .name("civitas-snapshots".to_owned())
            .spawn(move || write_snapshots(own.as_ref(), &receiver, &counting))?;
        Ok(Self { store, snapshots: Some(sender), meters, writer: Some(writer) })
    }
}

impl Actor for Recorder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(RECORDER_MAILBOX);
    }
}

impl Drop for Recorder {
    /// Snapshots that wait are written before the thread ends.
    fn drop(&mut self) {
        self.snapshots = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the snapshot thread panicked");
        }
    }
}

impl Handler<Record> for Recorder {
    type Result = ResponseFuture<StoreResult<()>>;

    fn handle(&mut self, Record(changes): Record, _: &mut Self::Context) -> Self::Result {
        let (sender, receiver) = oneshot::channel();
        self.store.commit(changes, Box::new(move |result| drop(sender.send(result))));
        Box::pin(async move { receiver.await.unwrap_or(Err(StoreError::Closed)) })
    }
}

impl Handler<SaveSnapshot> for Recorder {
    type Result = ResponseFuture<StoreResult<bool>>;

    fn handle(&mut self, SaveSnapshot(job): SaveSnapshot, _: &mut Self::Context) -> Self::Result {
        let (sender, receiver) = oneshot::channel();
        let sent = match &self.snapshots {
            Some(queue) => {
                self.meters.snapshots_waiting.inc();
                queue.try_send((job, sender)).inspect_err(|_| {
                    self.meters.snapshots_waiting.dec();
                })
            }
            None => return Box::pin(async { Err(StoreError::Closed) }),
        };
        Box::pin(async move {
            match sent {
                Ok(()) => receiver.await.unwrap_or(Err(StoreError::Closed)).map(|()| true),
                Err(TrySendError::Full(_)) => Ok(false),
                Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
            }
        })
    }
}

fn write_snapshots(store: &dyn Store, queue: &Receiver<(Arc<SnapshotJob>, Done)>, meters: &Meters) {
    for (job, done) in queue {
        let begun = Instant::now();
        let bytes: usize = job.parts.iter().map(|part| part.bytes.len()).sum();
        let written = write_snapshot(store, &job);
        match &written {
            Ok(()) => {
                meters.snapshot_bytes.observe(bytes as f64);
                meters.snapshot_seconds.observe(begun.elapsed().as_secs_f64());
            }
            Err(_) => {
                meters.snapshots_failed.inc();
            }
        }
        meters.snapshots_waiting.dec();
        // Nobody may be waiting for the answer any more.
        drop(done.send(written));
    }
}

/// Parts first, then the manifest that makes them a snapshot, then the oldest go: a crash at any point leaves only
/// complete snapshots in view.
fn write_snapshot(store: &dyn Store, job: &SnapshotJob) -> StoreResult<()> {
    let kept = store.snapshots(job.run_id)?;
    let first = kept.iter().find(|manifest| manifest.tick == job.tick && is_as_good(store, manifest, job));
    let changes = match first {
        // To write its parts again would take it away for a while, and a crash then for good.
        Some(first) => relabelled(first, job.reason),
        None => vec![Change::PutManifest(SnapshotManifest {
            run_id: job.run_id,
            tick: job.tick,
            created_at_ms: job.created_at_ms,
            engine_version: env!("CARGO_PKG_VERSION").to_owned(),
            spec_hash: job.spec_hash,
            digest: job.digest,
            parts: store.write_snapshot_parts(job.run_id, job.tick, &job.parts, purpose_of(job.reason))?,
            model: job.model.clone(),
            reason: job.reason,
        })],
    };
    if !changes.is_empty() {
        store.commit_wait(changes)?;
    }
    let drops = retention::surplus(&store.snapshots(job.run_id)?, job.tick, job.keep);
    let drops: Vec<_> = drops.into_iter().map(|tick| Change::DropSnapshot(job.run_id, tick)).collect();
    if drops.is_empty() { Ok(()) } else { store.commit_wait(drops) }
}

/// The last state of a run that rests or is cancelled is what it was taken for; all other snapshots can wait for room.
fn purpose_of(reason: SnapshotReason) -> Purpose {
    match reason {
        SnapshotReason::Paused | SnapshotReason::Shutdown | SnapshotReason::Cancelled => Purpose::UnderWay,
        _ => Purpose::New,
    }
}

/// True when a snapshot of the same tick can stand for the new one: it is whole, and of the same run in the same state, or
/// earlier within the same tick and promised to a user.
fn is_as_good(store: &dyn Store, first: &SnapshotManifest, job: &SnapshotJob) -> bool {
    first.spec_hash == job.spec_hash
        && (first.digest == job.digest || first.reason.is_kept())
        && store.read_snapshot(first).is_ok()
}

/// The manifest with a reason that keeps it longer, where the new one does.
fn relabelled(first: &SnapshotManifest, reason: SnapshotReason) -> Vec<Change> {
    let longer = reason.is_kept() && !first.reason.is_kept();
    longer.then(|| Change::PutManifest(SnapshotManifest { reason, ..first.clone() })).into_iter().collect()
}
