//! When metrics go to the collector: at an interval, and once more at the end. Owns the order and its bounds: a look is taken on the
//! caller's runtime, a thread sends it, and a look that comes while another is on its way is left out, for the next one says the
//! same and more. Nobody waits for the collector but that thread; one that is away is said once.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::collector::Collector;
use super::figures::{self, Moment};
use super::layer::now_ns;

/// How long the last look, and the way of it, may take when the server has stopped.
const LAST: Duration = Duration::from_secs(1);

/// Looks that may wait beside the one that is on its way.
const MAX_WAITING: usize = 1;

/// Sends metrics until it is finished. Dropping it ends it without a last look.
pub(crate) struct MeterExporter {
    ends: oneshot::Sender<()>,
    looking: JoinHandle<()>,
    ended: Receiver<()>,
}

/// What is shown, and when it was looked at.
type Look = (String, Moment);

impl MeterExporter {
    /// Looks at `figures` so often, and sends what they give.
    pub(super) fn start<F>(
        collector: Collector,
        service: String,
        every: Duration,
        figures: impl Fn() -> F + Send + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        let (sender, looks) = sync_channel(MAX_WAITING);
        let (done, ended) = sync_channel(1);
        let run = move || {
            send(&collector, &service, &looks);
            // Nobody may wait for it any more.
            let _ = done.try_send(());
        };
        thread::Builder::new().name("civitas-otel-metrics".to_owned()).spawn(run)?;
        let (ends, end) = oneshot::channel();
        let looking = tokio::spawn(look(figures, every, sender, end));
        Ok(Self { ends, looking, ended })
    }

    /// Has a last look taken and sent, and waits for that, but not for a collector that does not answer.
    pub(crate) async fn finish(self) {
        let Self { ends, mut looking, ended } = self;
        // It has ended already where the thread has.
        let _ = ends.send(());
        if timeout(LAST, &mut looking).await.is_err() {
            looking.abort();
        }
        let _ = ended.recv_timeout(LAST);
    }
}

/// Takes looks until it is told that this is the last.
async fn look<F>(
    figures: impl Fn() -> F + Send,
    every: Duration,
    sender: SyncSender<Look>,
    mut end: oneshot::Receiver<()>,
) where
    F: Future<Output = Option<String>> + Send + 'static,
{
    let start_ns = now_ns();
    let mut clock = interval_at(Instant::now() + every, every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_last = tokio::select! {
            _ = clock.tick() => false,
            ended = &mut end => match ended {
                Ok(()) => true,
                Err(_) => return,
            },
        };
        if let Some(text) = figures().await {
            // Where there is no room the collector is slow, and the next look has all that this one has.
            let _ = sender.try_send((text, Moment { start_ns, now_ns: now_ns() }));
        }
        if is_last {
            return;
        }
    }
}

/// Sends looks until no more come.
fn send(collector: &Collector, service: &str, looks: &Receiver<Look>) {
    let mut is_away = false;
    for (text, at) in looks {
        let sent = collector.post(&figures::body(service, &text, at).to_string());
        match (&sent, is_away) {
            (Err((why, _)), false) => {
                tracing::warn!(url = collector.url(), why, "metrics were not sent to the collector; it is tried again");
            }
            (Ok(()), true) => tracing::info!(url = collector.url(), "metrics are sent to the collector again"),
            _ => {}
        }
        is_away = sent.is_err();
    }
}
