//! What is recorded of a run over several lives of it, some of which end badly. Were one of these to fail, somebody would take
//! a part of a run for the whole.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use civitas_actors::{Telemetry, TelemetryChoice, TelemetryRecord, TelemetryStart};
use civitas_engine::{
    Action, Catalogue, Frame, Group, RunSpec, Tally, Target, TelemetryOptions, Value, Workflow, World,
};
use civitas_store::DEFAULT_TENANT;
use civitas_telemetry::{Index, Names, Objects, Reader, Recorder, SliceQuery, State};
use common::{run_of, runtime, spec};
use futures_util::future::join_all;
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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_handed_over_is_kept_even_where_it_is_gone_without_a_word() {
    let folder = tempdir().unwrap();
    let run = Recorded::new(folder.path());
    let life = run.life(0);
    for tick in 0..4 {
        run.frame(&life, tick).await;
    }
    drop(life);
    let next = run.life(4);
    run.frame(&next, 4).await;
    drop(next);
    let index = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            match run.reader.index(run.run).await {
                Ok(index) if index.last_tick == Some(4) => return index,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    });
    let index = index.await.expect("both lives are written");
    assert_eq!(index.state, State::Incomplete);
    assert!(index.problem.as_deref().unwrap().starts_with("the run was gone"));
    let slice = run.reader.slice(&index, &SliceQuery::default()).await.unwrap();
    assert_eq!(slice.ticks, [0, 1, 2, 3, 4], "the second life found all that the first one had");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_are_read_by_many_at_a_time() {
    let folder = tempdir().unwrap();
    let run = Recorded::new(folder.path());
    for tick in 0..30 {
        run.lived(tick..tick + 1, false).await;
    }
    let index = run.lived(30..31, true).await;
    assert_eq!(index.state, State::Complete);
    let query = SliceQuery { variables: Names::All, ..SliceQuery::default() };
    let all = join_all((0..20).map(|_| run.reader.slice(&index, &query)));
    let all = tokio::time::timeout(Duration::from_secs(60), all).await.expect("nobody waits for ever");
    assert!(all.into_iter().all(|slice| slice.unwrap().ticks.len() == 31));
}

/// Very many steps before the first tick.
fn busy_before_its_first_tick(agents: u32) -> RunSpec {
    let update = |step: u32| Action::UpdateState {
        key: "opinion".to_owned(),
        value: Value::Number(f64::from(step % 5) / 5.0),
        target: Target::default(),
    };
    let steps = (0..900).map(update).chain([Action::Run { ticks: 1, seconds_per_tick: 600 }]).collect();
    let groups = vec![Group { agent_class: "citizen".to_owned(), number: agents, traits: Default::default() }];
    let workflow = Workflow { groups, steps, ..Workflow::default() };
    RunSpec { workflow: Some(Arc::new(workflow)), ..spec(agents, 1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_with_steps_still_to_come_is_not_shown() {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 1, 1).await;
    let new = run_of(busy_before_its_first_tick(100_000), 0, TelemetryChoice::default());
    let run = runtime.submit_and_start(new).await.unwrap().id;
    while reader.index(run).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let paused = runtime.pause(DEFAULT_TENANT, run).await.unwrap();
    assert_eq!(paused.current_tick, 0, "it was too quick to be paused between its steps");
    let index = reader.index(run).await.unwrap();
    assert_eq!((index.state, index.last_tick), (State::Recording, None));
    runtime.cancel(DEFAULT_TENANT, run).await.unwrap();
    runtime.shutdown().await.unwrap();
    store.close();
}
