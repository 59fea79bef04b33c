//! Experiments on the runtime: the engine's own bytes however they are executed, stopped at once, and whole after any
//! interruption.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use civitas_actors::{Execution, NewRun, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::{
    Action, Extractor, Group, Method, Question, QuestionKind, RunSpec, Target, Value, Workflow, World,
};
use civitas_store::{RunMode, RunStatus, Store};
use common::{TENANT, new_run, reference, spec, start};

fn survey() -> Action {
    let kinds = [("opinion", QuestionKind::Rating { min: 1, max: 7 }), ("adopted", QuestionKind::Choice(Vec::new()))];
    let questions =
        kinds.map(|(key, kind)| Question { name: key.to_owned(), text: String::new(), key: key.to_owned(), kind });
    Action::Survey { title: "How is it?".to_owned(), questions: questions.to_vec(), target: Target::default() }
}

fn update(key: &str, value: Value, every: usize, agents: u32) -> Action {
    let ids = (0..agents.min(2_000)).step_by(every).collect();
    Action::UpdateState { key: key.to_owned(), value, target: Target { ids: Some(ids), ..Target::default() } }
}

/// `rounds` rounds of everything that an experiment can do, several things between two ticks.
fn eventful(agents: u32, rounds: u32, ticks: u32) -> RunSpec {
    let mut steps = Vec::new();
    for round in 0..rounds {
        let value = f64::from(round % 5) / 5.0;
        steps.extend([
            Action::Run { ticks, seconds_per_tick: 600 },
            survey(),
            update("opinion", Value::Number(0.8 - value), 3, agents),
            Action::Message { text: String::new(), stance: value, strength: 0.5, target: Target::default() },
            update("threshold", Value::Number(value), 2, agents),
            Action::Environment { key: "social_trust".to_owned(), value, regions: vec!["CA".to_owned()] },
            Action::Interview { text: "Why?".to_owned(), agents: vec![0, agents - 1] },
            survey(),
        ]);
        if round == rounds / 2 {
            steps.push(Action::NextRound);
        }
    }
    let mean = Extractor {
        name: "mean".to_owned(),
        key: "opinion".to_owned(),
        method: Method::Mean,
        every_ticks: 2,
        target: Target::default(),
    };
    let groups =
        [1, agents - 1].map(|number| Group { agent_class: "citizen".to_owned(), number, traits: Default::default() });
    let workflow = Workflow { groups: groups.to_vec(), steps, extractors: vec![mean], ..Workflow::default() };
    RunSpec { horizon_ticks: workflow.ticks(), workflow: Some(Arc::new(workflow)), ..spec(agents, 1) }
}

async fn finish(runtime: &Runtime, run: NewRun) -> Vec<u8> {
    let run = runtime.submit_and_start(run).await.unwrap();
    assert_eq!(run.mode, RunMode::Experiment);
    assert_eq!(runtime.wait(TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
    runtime.results(TENANT, run.id).await.unwrap().outcome_json
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partitioning_and_thread_count_gives_the_engines_own_bytes() {
    let wanted = eventful(5_000, 4, 3);
    let expected = String::from_utf8(reference(wanted.clone()).canonical_json()).unwrap();
    for (partitions, threads, batch_size) in [(1, 1, 1_000), (2, 2, 64), (3, 1, 7), (16, 2, 500)] {
        let folder = tempfile::tempdir().unwrap();
        let config = RuntimeConfig { partitions: Some(partitions), threads, ..RuntimeConfig::default() };
        let (runtime, _store) = start(config, &folder).await;
        let mut run = new_run(wanted.clone());
        run.execution = Execution { batch_size, snapshot_every_ticks: Some(2), ..Execution::default() };
        let found = String::from_utf8(finish(&runtime, run).await).unwrap();
        assert_eq!(found, expected, "{partitions} partitions, {threads} threads");
        runtime.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_experiment_ends_in_the_same_bytes() {
    let wanted = eventful(30_000, 40, 3);
    let (found, lives) = common::interrupted(&wanted, common::catalogue()).await;
    assert!(lives > 2, "it was interrupted");
    assert_eq!(String::from_utf8(found), String::from_utf8(reference(wanted).canonical_json()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_experiment_keeps_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(RuntimeConfig { partitions: Some(2), ..RuntimeConfig::default() }, &folder).await;
    let wanted = eventful(200_000, 60, 50);
    let run = runtime.submit_and_start(new_run(wanted.clone())).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick < 52 {
        watch.changed().await.unwrap();
    }
    let cancelled = runtime.cancel(TENANT, run.id).await.unwrap();
    assert!(cancelled.current_tick < wanted.horizon_ticks);
    let json = runtime.results(TENANT, run.id).await.unwrap().outcome_json;
    let found: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let steps = found["experiment"]["steps"].as_array().unwrap();
    // The first eight steps are done after the first 50 ticks, the ninth is the second run.
    assert!(steps.len() >= 9 && steps.len() < 480, "{}", steps.len());
    assert_eq!((&steps[1]["type"], &steps[1]["agents"]), (&"survey".into(), &200_000.into()));
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_makes_no_sense_is_refused_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
    let good = eventful(50, 1, 2);
    let steps = |steps: Vec<Action>| {
        let workflow = Workflow { steps, ..Workflow::default() };
        RunSpec { workflow: Some(Arc::new(workflow)), horizon_ticks: 2, ..good.clone() }
    };
    let two = Action::Run { ticks: 2, seconds_per_tick: 300 };
    for (wrong, field) in [
        (steps(vec![]), "workflow.steps"),
        (steps(vec![two.clone(), two.clone()]), "horizon_ticks"),
        (steps(vec![two.clone(), update("charm", Value::Number(0.0), 1, 50)]), "workflow.steps[1].key"),
        (steps(vec![two.clone(), update("stance", Value::Number(0.0), 1, 50)]), "workflow.steps[1].key"),
        (steps(vec![update("opinion", Value::Number(1.5), 1, 50), two.clone()]), "workflow.steps[0].value"),
        (steps(vec![two, update("opinion", Value::Number(0.5), 1, 51)]), "workflow.steps[1].target_agent[50]"),
    ] {
        match runtime.submit_and_start(new_run(wrong)).await {
            Err(RuntimeError::Spec(error)) => assert!(error.to_string().starts_with(field), "{field}: {error}"),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty());
    assert!(World::new(good, &common::catalogue()).is_ok());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn experiments_wait_for_places_like_batches() {
    let folder = tempfile::tempdir().unwrap();
    let limits = civitas_actors::Limits { max_running: 1, ..Default::default() };
    let (runtime, _store) = start(RuntimeConfig { limits, ..RuntimeConfig::default() }, &folder).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(runtime.submit_and_start(new_run(eventful(1_000, 2, 5))).await.unwrap().id);
    }
    let expected = reference(eventful(1_000, 2, 5)).canonical_json();
    for run in runs {
        assert_eq!(runtime.wait(TENANT, run).await.unwrap().status, RunStatus::Succeeded);
        assert_eq!(runtime.results(TENANT, run).await.unwrap().outcome_json, expected);
    }
    runtime.shutdown().await.unwrap();
}

/// A survey that takes many seconds neither keeps other runs from the thread nor its own run from being cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_task_lets_others_have_their_turn_and_is_given_up_on_cancel() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(RuntimeConfig { threads: 1, ..RuntimeConfig::default() }, &folder).await;
    let questions = (0..2_000).map(|n| Question {
        name: n.to_string(),
        text: String::new(),
        key: "opinion".to_owned(),
        kind: QuestionKind::Rating { min: 1, max: 9 },
    });
    let survey = Action::Survey { title: String::new(), questions: questions.collect(), target: Target::default() };
    let tick = Action::Run { ticks: 1, seconds_per_tick: 1 };
    let workflow = Workflow { steps: vec![tick.clone(), survey, tick], ..Workflow::default() };
    let long = RunSpec { workflow: Some(Arc::new(workflow)), horizon_ticks: 2, ..spec(1_000_000, 1) };
    let long = runtime.submit_and_start(new_run(long)).await.unwrap();
    let mut watch = runtime.watch(TENANT, long.id).await.unwrap();
    // That a step begins is always shown, and this one begins after the first tick.
    while watch.latest().tick < 1 {
        watch.changed().await.unwrap();
    }
    let short = runtime.submit_and_start(new_run(eventful(200, 2, 3))).await.unwrap();
    assert_eq!(runtime.wait(TENANT, short.id).await.unwrap().status, RunStatus::Succeeded);
    let cancelled = runtime.cancel(TENANT, long.id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.current_tick), (RunStatus::Cancelled, 1));
    let outcome = runtime.results(TENANT, long.id).await.unwrap().outcome_json;
    let found: serde_json::Value = serde_json::from_slice(&outcome).unwrap();
    assert_eq!(found["experiment"]["steps"].as_array().unwrap().len(), 1, "the survey was not over");
    runtime.shutdown().await.unwrap();
}
