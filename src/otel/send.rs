//! The way to the collector: a thread that gathers spans for a moment and sends them together. Owns the bounds on how many and how
//! long. A collector that is away loses spans, which is logged now and then; nobody waits for it but this thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::collector::Collector;
use super::encode;
use super::span::Span;

/// Spans of a request to the collector: some hundred kB.
const MAX_BATCH: usize = 512;
/// How long spans are gathered where they are few.
const GATHER: Duration = Duration::from_secs(2);
/// How often the thread looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);
/// How often a batch is sent, and the pause before it is sent again.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// How long what is left may take when the server has stopped, of its second or two.
const LAST: Duration = Duration::from_secs(2);
/// How often a log line may say that spans were lost.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// The thread that sends.
pub(super) struct Sender {
    ends: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl Sender {
    /// Starts to send what comes out of `spans`.
    pub(super) fn start(
        collector: Collector,
        service: String,
        spans: Receiver<Span>,
        lost: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let way = Way { collector, service, lost, said: None };
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let (done, ended) = sync_channel(1);
        let run = move || {
            way.run(&spans, &told);
            // Nobody may wait for it any more.
            let _ = done.try_send(());
        };
        thread::Builder::new().name("civitas-otel".to_owned()).spawn(run)?;
        Ok(Self { ends, ended })
    }

    /// Has the thread send what is left, and waits for that, but not for a collector that does not answer.
    pub(super) fn finish(self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = self.ended.recv_timeout(LAST);
    }
}

struct Way {
    collector: Collector,
    service: String,
    lost: Arc<AtomicU64>,
    said: Option<Instant>,
}

impl Way {
    fn run(mut self, spans: &Receiver<Span>, ends: &AtomicBool) {
        let mut batch = Vec::new();
        let mut since = Instant::now();
        loop {
            let ending = ends.load(Ordering::Relaxed);
            let next = if ending {
                spans.try_recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                spans.recv_timeout(LOOK)
            };
            let over = matches!(next, Err(RecvTimeoutError::Disconnected));
            if batch.is_empty() {
                since = Instant::now();
            }
            batch.extend(next.ok());
            if over || batch.len() >= MAX_BATCH || since.elapsed() >= GATHER {
                self.send(&mut batch, if ending { 1 } else { ATTEMPTS });
            }
            if over {
                return;
            }
        }
    }

    /// Sends a batch and forgets it, whatever comes of it.
    fn send(&mut self, batch: &mut Vec<Span>, attempts: u32) {
        if batch.is_empty() {
            return;
        }
        let body = encode::body(&self.service, batch).to_string();
        let problem = self.deliver(&body, attempts).err();
        if problem.is_some() {
            self.lost.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        batch.clear();
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 && self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            self.said = Some(Instant::now());
            self.lost.fetch_sub(lost, Ordering::Relaxed);
            let why = problem.unwrap_or_else(|| "more came than could be sent".to_owned());
            tracing::warn!(lost, url = self.collector.url(), why, "spans were not sent to the collector");
        }
    }

    /// Sends a body so often, if need be.
    fn deliver(&self, body: &str, attempts: u32) -> Result<(), String> {
        let mut left = attempts;
        loop {
            left -= 1;
            match self.collector.post(body) {
                Ok(()) => return Ok(()),
                Err((why, again)) if left == 0 || !again => return Err(why),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}
