//! What agents reported: were one of these to fail, a list of events would miss some of them, or have them twice.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use civitas_actors::TelemetryChoice;
use civitas_engine::{RunSpec, Simulation};
use civitas_store::DEFAULT_TENANT;
use civitas_telemetry::{EventQuery, Names};
use common::{catalogue, rows, run_of, runtime, spec, until_snapshot};
use tempfile::tempdir;

const EVERYTHING: EventQuery =
    EventQuery { from_tick: None, to_tick: None, kinds: Names::All, of_type: None, skip: 0, limit: usize::MAX };

fn ringing(agents: u32, ticks: u32) -> RunSpec {
    RunSpec { model: "ringer".to_owned(), ..spec(agents, ticks) }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_those_of_the_results_whatever_happens_on_the_way() {
    let choice = TelemetryChoice { keyframe_every: Some(4), sample_agents: Some(40), ..TelemetryChoice::default() };
    let new = || run_of(ringing(3_000, 200), 6, choice);
    let outcome = Simulation::new(new().spec, &catalogue(), 1).unwrap().run().unwrap();
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 2, 3).await;
    let undisturbed = runtime.submit_and_start(new()).await.unwrap().id;
    runtime.wait(DEFAULT_TENANT, undisturbed).await.unwrap();

    // Paused at a tick whose events are over, and whose frame comes again.
    let run = runtime.submit_and_start(new()).await.unwrap().id;
    until_snapshot(&runtime, run).await;
    runtime.pause(DEFAULT_TENANT, run).await.unwrap();
    runtime.resume(DEFAULT_TENANT, run).await.unwrap();
    runtime.wait(DEFAULT_TENANT, run).await.unwrap();
    assert_eq!(rows(&reader, run).await, rows(&reader, undisturbed).await);

    let index = reader.index(run).await.unwrap();
    let found = reader.events(&index, &EVERYTHING).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&outcome.canonical_json()).unwrap();
    let counted: u64 = found.items.iter().filter(|event| event.of_type == "count").map(|event| event.count).sum();
    assert_eq!(Some(counted), json["events"]["by_kind"]["rang"]["count"].as_u64());
    let reports = found.items.iter().filter(|event| event.of_type == "report");
    let reported: Vec<_> = reports.map(|event| (event.tick, event.agent, event.value)).collect();
    assert_eq!(reported.len() as u64, counted, "every one is listed where there are few in a tick");
    for (listed, event) in json["events"]["first"].as_array().unwrap().iter().zip(&reported) {
        let value = listed["value"].as_f64().map(|value| value as f32);
        let agent = listed["agent"].as_u64().map(|agent| agent as u32);
        assert_eq!((listed["tick"].as_u64(), agent, value), (Some(event.0.into()), event.1, event.2));
    }

    let some = EventQuery { from_tick: Some(5), to_tick: Some(6), of_type: Some("count"), ..EVERYTHING };
    let some = reader.events(&index, &some).await.unwrap();
    assert_eq!((some.total, some.items.iter().map(|event| event.tick).collect::<Vec<_>>()), (2, vec![5, 6]));
    let page = EventQuery { skip: 3, limit: 4, ..EVERYTHING };
    assert_eq!(reader.events(&index, &page).await.unwrap().items, found.items[3..7]);
    let none = EventQuery { kinds: Names::Some(vec!["never".to_owned()]), ..EVERYTHING };
    assert_eq!(reader.events(&index, &none).await.unwrap().total, 0);

    // A model without traits shows each agent's part in every metric.
    let keyframe = reader.keyframe(&index, 200, 0, 99).await.unwrap();
    let rung = |agent: u32| reported.iter().filter(|(_, who, _)| *who == Some(agent)).count() as f64;
    assert!(keyframe.agents.iter().any(|agent| rung(agent.agent) > 0.0));
    assert!(keyframe.agents.iter().all(|agent| agent.moment.state["rings"] == rung(agent.agent)));
    runtime.shutdown().await.unwrap();
    store.close();
}
