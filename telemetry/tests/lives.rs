//! What is recorded of a run over several lives of it, some of which end badly. Were one of these to fail, somebody would take
//! a part of a run for the whole.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::path::Path;
use std::sync::Arc;

use civitas_actors::{Telemetry, TelemetryRecord, TelemetryStart};
use civitas_engine::{Catalogue, Frame, Tally, TelemetryOptions, World};
use civitas_telemetry::{Index, Objects, Reader, Recorder, State};
use common::spec;
use tempfile::tempdir;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// A run, and where it is recorded.
struct Recorded {
    run: Uuid,
    world: Arc<World>,
    recorder: Recorder,
    reader: Reader,
}

impl Recorded {
    fn new(folder: &Path) -> Self {
        let objects = Objects::open("", folder, &[]).unwrap();
        let world = World::new(spec(500, 30), &Catalogue::default()).unwrap();
        Self { run: Uuid::from_u128(7), world, recorder: Recorder::new(objects.clone()), reader: Reader::new(objects) }
    }

    /// A life of the run, which goes on from the state of a tick.
    fn life(&self, tick: u32) -> mpsc::Sender<TelemetryRecord> {
        self.recorder.begin(TelemetryStart {
            run: self.run,
            world: Arc::clone(&self.world),
            segment_agents: vec![1; self.world.model.segments().len()],
            options: Some(TelemetryOptions::default()),
            tick,
        })
    }

    async fn frame(&self, life: &mpsc::Sender<TelemetryRecord>, tick: u32) {
        let (regions, model) = (self.world.dataset.regions().len(), &self.world.model);
        let tally = Tally::new(0..regions, model.segments().len(), model.metrics().len());
        let environment = vec![0.5; regions * model.variables().len()];
        life.send(TelemetryRecord::Frame(Box::new(Frame { tick, tally, environment }))).await.unwrap();
    }

    /// A life with these ticks.
    async fn lived(&self, ticks: std::ops::Range<u32>, ended: bool) -> Index {
        let life = self.life(ticks.start);
        for tick in ticks {
            self.frame(&life, tick).await;
        }
        let (done, safe) = oneshot::channel();
        life.send(TelemetryRecord::End { ended, outcome_json: None, done }).await.unwrap();
        safe.await.unwrap();
        self.reader.index(self.run).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_never_forgotten() {
    let folder = tempdir().unwrap();
    let run = Recorded::new(folder.path());
    run.lived(0..3, false).await;
    let second = run.lived(5..7, false).await;
    assert_eq!(second.problem.as_deref(), Some("ticks 3 to 4 are missing"));
    let third = run.lived(7..8, false).await;
    assert_eq!((third.state, third.problem), (State::Recording, second.problem));
    let last = run.lived(9..11, true).await;
    assert_eq!((last.state, last.first_tick, last.last_tick), (State::Incomplete, 0, Some(10)));
    assert_eq!(last.problem.as_deref(), Some("ticks 3 to 4, 8 to 8 are missing"));
    // A life that goes on from before the gaps fills them.
    let whole = run.lived(3..31, true).await;
    assert_eq!((whole.state, whole.problem, whole.last_tick), (State::Complete, None, Some(30)));
}
