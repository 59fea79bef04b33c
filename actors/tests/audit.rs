//! Audits of the real runtime: were one of these to fail, an audit would show another run than the one that was run, or
//! would get in its way.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{Arc, Mutex};

use civitas_actors::RuntimeConfig;
use civitas_engine::{AuditEnd, AuditEntry, AuditSink, Moment, Replay, RunSpec, World};
use civitas_store::RunStatus;
use common::{TENANT, catalogue, new_run, spec, start};

/// What a sink has heard.
#[derive(Default)]
struct Heard {
    begun: Option<(usize, usize)>,
    entries: Vec<AuditEntry>,
    end: Option<AuditEnd>,
}

/// Keeps everything, up to so many entries.
struct Listener {
    heard: Arc<Mutex<Heard>>,
    most: usize,
}

impl AuditSink for Listener {
    fn begin(&mut self, _: &World, partitions: usize, threads: usize) -> bool {
        self.heard.lock().unwrap().begun = Some((partitions, threads));
        true
    }

    fn record(&mut self, entry: &AuditEntry) -> bool {
        let mut heard = self.heard.lock().unwrap();
        heard.entries.push(entry.clone());
        heard.entries.len() < self.most
    }

    fn end(&mut self, end: AuditEnd) -> bool {
        self.heard.lock().unwrap().end = Some(end);
        true
    }

    fn wants_agents(&self) -> bool {
        true
    }
}

/// Runs with a listener that takes so many entries; how the run ended, and what was heard.
async fn audited(spec: RunSpec, partitions: usize, most: usize) -> (RunStatus, Heard) {
    let folder = tempfile::tempdir().unwrap();
    let config = RuntimeConfig { threads: 3, partitions: Some(partitions), ..RuntimeConfig::default() };
    let (runtime, _) = start(config, &folder).await;
    let heard = Arc::new(Mutex::new(Heard::default()));
    let id = runtime.submit(new_run(spec)).await.unwrap().id;
    runtime.audit(TENANT, id, Box::new(Listener { heard: Arc::clone(&heard), most })).await.unwrap();
    runtime.start_run(TENANT, id).await.unwrap();
    let status = runtime.wait(TENANT, id).await.unwrap().status;
    let late = runtime.audit(TENANT, id, Box::new(Listener { heard: Arc::clone(&heard), most })).await;
    assert!(late.is_err(), "a run that has ended is not audited");
    runtime.shutdown().await.unwrap();
    drop(runtime);
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    (status, heard)
}

#[tokio::test]
async fn what_is_audited_is_what_the_reference_gives() {
    for partitions in [1, 4] {
        let (status, heard) = audited(spec(2_000, 12), partitions, usize::MAX).await;
        assert_eq!(
            (status, heard.begun, heard.end),
            (RunStatus::Succeeded, Some((partitions, 3)), Some(AuditEnd::Completed))
        );
        let mut replay = Replay::new(spec(2_000, 12), &catalogue(), 1, true).unwrap();
        let ticks = heard.entries.iter().map(|entry| (entry.tick, entry.moment));
        assert!(ticks.eq((0..=12).map(|tick| (tick, Moment::Tick))));
        for entry in heard.entries {
            assert_eq!(replay.next_entry().unwrap(), Some(entry));
        }
        assert_eq!(replay.next_entry().unwrap(), None);
    }
}

#[tokio::test]
async fn a_run_that_fails_is_audited_up_to_there() {
    let faulty =
        RunSpec { model: "faulty".to_owned(), parameters: [("panics_at".to_owned(), 3.0)].into(), ..spec(500, 12) };
    let (status, heard) = audited(faulty, 2, usize::MAX).await;
    assert_eq!((status, heard.end), (RunStatus::Failed, Some(AuditEnd::Failed)));
    assert_eq!(heard.entries.last().map(|entry| entry.tick), Some(3));
}

#[tokio::test]
async fn a_sink_that_has_had_enough_does_not_stop_its_run() {
    let (status, heard) = audited(spec(500, 12), 2, 4).await;
    assert_eq!((status, heard.entries.len(), heard.end), (RunStatus::Succeeded, 4, None));
}
