//! Mail through the runtime: letters between partitions on several threads, kept over interruptions, give the engine's own
//! bytes. Were one of these to fail, a letter would be lost, doubled or out of order between actors, or over a restart.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use civitas_actors::{Execution, NewRun, Runtime, RuntimeConfig};
use civitas_engine::*;
use civitas_store::{RunStatus, SledStore, Store};
use common::{TENANT, new_run};

/// Agents that pass on what they read, garbled by the order in which it came.
struct Gossip;

#[derive(Clone, Copy)]
struct Gossiper {
    agents: u32,
    heard: u32,
}

impl State for Gossiper {
    type Saved = u32;

    fn save(&self) -> u32 {
        self.heard
    }

    fn load(&mut self, heard: u32) {
        self.heard = heard;
    }
}

fn garble(heard: u32, by: u32) -> u32 {
    (heard ^ by).wrapping_mul(0x9e37_79b1).rotate_left(13)
}

impl Model for Gossip {
    type Agent = Gossiper;
    type Published = ();
    type Mail = u32;

    const NAME: &'static str = "gossip";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric::share("heard", "Low byte of what was heard")];
    const EVENTS: &'static [EventKind] = &[EventKind { name: "surprise", description: "Heard something of low bits" }];
    const HEARS: bool = true;

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> Gossiper {
        Gossiper { agents: newborn.agents, heard: draws.word() }
    }

    fn publish(&self, _: &Gossiper) {}

    fn step(&self, gossiper: &mut Gossiper, around: Around<'_, (), u32>, draws: &mut Draws<'_>) {
        for letter in around.mail.iter().chain(around.bulletin) {
            gossiper.heard = garble(garble(gossiper.heard, letter.from), letter.content);
        }
        around.send(draws.below(gossiper.agents), gossiper.heard);
        if gossiper.heard.is_multiple_of(64) {
            around.send_to_region(gossiper.heard as usize % 51, gossiper.heard);
        }
        if gossiper.heard.is_multiple_of(1_000) {
            around.report(0, (gossiper.heard % 7_000) as f32);
        }
    }

    fn values(&self, gossiper: &Gossiper, values: &mut [f32]) {
        values[0] = (gossiper.heard & 0xff) as f32 / 255.0;
    }

    fn hear(&self, gossiper: &mut Gossiper, message: Message, _: &[f32]) {
        gossiper.heard = garble(gossiper.heard, message.stance.to_bits());
    }
}

/// Agents that write to somebody who is not there.
struct Astray;

impl Model for Astray {
    type Agent = u32;
    type Published = ();
    type Mail = u8;

    const NAME: &'static str = "astray";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric::share("none", "Nothing")];

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> u32 {
        newborn.id
    }

    fn publish(&self, _: &u32) {}

    fn step(&self, id: &mut u32, around: Around<'_, (), u8>, _: &mut Draws<'_>) {
        if *id == 2 && around.tick == 3 {
            around.send(1_000_000, 0);
        }
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Gossip>();
    catalogue.register::<Astray>();
    catalogue
}

fn spec(agents: u32, ticks: u32) -> RunSpec {
    RunSpec { model: "gossip".to_owned(), ..common::spec(agents, ticks) }
}

/// The same with messages between ticks, each of which causes an exchange of its own.
fn with_messages(agents: u32, rounds: u32) -> RunSpec {
    let message = |stance| Action::Message { text: String::new(), stance, strength: 1.0, target: Target::default() };
    let round = |_| [message(0.5), Action::Run { ticks: 2, seconds_per_tick: 60 }, message(-0.5), message(0.25)];
    let workflow = Workflow { steps: (0..rounds).flat_map(round).collect(), ..Workflow::default() };
    RunSpec { workflow: Some(Arc::new(workflow)), ..spec(agents, rounds * 2) }
}

fn expected(spec: &RunSpec) -> String {
    let outcome = Simulation::new(spec.clone(), &catalogue(), 1).unwrap().run().unwrap();
    assert!(outcome.events.as_ref().unwrap().by_kind["surprise"].count > 0);
    String::from_utf8(outcome.canonical_json()).unwrap()
}

async fn start(config: RuntimeConfig, store: &Arc<SledStore>) -> Runtime {
    Runtime::start(config, Arc::clone(store) as Arc<dyn Store>, catalogue()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partitioning_and_thread_count_gives_the_engines_own_bytes() {
    for spec in [spec(6_000, 20), with_messages(3_000, 6)] {
        let expected = expected(&spec);
        for (partitions, threads, batch_size) in [(1, 1, 1_000), (2, 2, 64), (3, 1, 7), (16, 2, 500)] {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(SledStore::open(folder.path()).unwrap());
            let config = RuntimeConfig { partitions: Some(partitions), threads, ..RuntimeConfig::default() };
            let runtime = start(config, &store).await;
            let execution = Execution { batch_size, snapshot_every_ticks: Some(3), ..Execution::default() };
            let run = NewRun { execution, ..new_run(spec.clone()) };
            let run = runtime.submit_and_start(run).await.unwrap();
            assert_eq!(runtime.wait(TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
            let found = runtime.results(TENANT, run.id).await.unwrap().outcome_json;
            assert!(String::from_utf8(found).unwrap() == expected, "{partitions} partitions, {threads} threads");
            runtime.shutdown().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_loses_no_letter() {
    for spec in [spec(30_000, 120), with_messages(20_000, 50)] {
        let (found, lives) = common::interrupted(&spec, catalogue()).await;
        assert!(lives > 2, "it was interrupted");
        assert!(String::from_utf8(found).unwrap() == expected(&spec), "after {lives} lives");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_nobody_fails_its_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let runtime = start(RuntimeConfig { partitions: Some(2), ..RuntimeConfig::default() }, &store).await;
    let astray = RunSpec { model: "astray".to_owned(), ..spec(900, 10) };
    let astray = runtime.submit_and_start(new_run(astray)).await.unwrap().id;
    let good = runtime.submit_and_start(new_run(spec(900, 10))).await.unwrap().id;
    let ended = runtime.wait(TENANT, astray).await.unwrap();
    let fault = ended.fault.unwrap();
    assert_eq!((ended.status, fault.tick), (RunStatus::Failed, Some(4)));
    assert!(fault.message.contains("agent 2 writes to agent 1000000, whom there is not"), "{}", fault.message);
    assert_eq!(runtime.wait(TENANT, good).await.unwrap().status, RunStatus::Succeeded);
    runtime.shutdown().await.unwrap();
}
