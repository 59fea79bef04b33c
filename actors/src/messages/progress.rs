//! To the progress hub. The registry opens and closes a run's channel; the supervisor publishes in between.

use actix::Message;
use civitas_store::RunId;
use tokio::sync::watch;

use crate::request::Progress;

/// Registry to hub: a run exists that has not ended. Before anything else about that run.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct TrackRun(pub(crate) Progress);

/// Registry and supervisor to hub: where a run stands. May be dropped when the hub is busy; a later one replaces it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PublishProgress(pub(crate) Progress);

/// Registry to hub: a run has ended and that is on the disk. Nothing about the run comes after it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndRun(pub(crate) Progress);

/// Registry to hub: a run has ended, but that could not be stored. Open watches close without an end; the last state
/// before it stays what is told of the run.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseRun(pub(crate) RunId);

/// Anyone to hub: watch a run. `None` where it is not tracked: it has ended, or never was.
#[derive(Message)]
#[rtype(result = "Option<watch::Receiver<Progress>>")]
pub(crate) struct Subscribe(pub(crate) RunId);

/// Anyone to hub: where a run stands. `None` where it is not tracked.
#[derive(Message)]
#[rtype(result = "Option<Progress>")]
pub(crate) struct LatestProgress(pub(crate) RunId);
