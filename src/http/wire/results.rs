//! The results document: the stored outcome with what the API says around it. The outcome's bytes are spliced in as
//! they are, never read and written again, so that equal runs have equal numbers down to the last digit.

use std::collections::BTreeMap;

use civitas_actors::RunResults;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cast::passage::PassageReport;
use super::cast::report::TargetReport;
use super::fork::ForkedFrom;
use super::report::ExperimentReport;

/// A run's results, whole or partial. The model decides which lines `outcome_summary`, `distribution` and `trends` have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Results {
    /// The run.
    pub run_id: Uuid,
    /// How it ended; anything but `succeeded` means partial results.
    pub status: String,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    pub node_id: Option<Uuid>,
    /// Where it was forked from; only in the results of forks. All that follows is of the whole run, from tick 0 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forked_from: Option<ForkedFrom>,
    /// The outcome in a few numbers, with `confidence_level`: `high`, `medium` or `low`.
    #[schema(value_type = BTreeMap<String, serde_json::Value>,
        example = json!({"adoption_rate": 0.72, "sentiment_shift": 0.15, "confidence_level": "high"}))]
    pub outcome_summary: BTreeMap<String, serde_json::Value>,
    /// What stands behind `confidence_level`: metric, standard error, margin and rule.
    #[schema(value_type = Object)]
    pub confidence: serde_json::Value,
    /// Shares of agents, adding up to 1.
    pub distribution: BTreeMap<String, f64>,
    /// Means over all agents at about 25 ticks, by metric.
    pub trends: BTreeMap<String, Vec<TrendPoint>>,
    /// The same by region.
    pub trends_by_region: BTreeMap<String, BTreeMap<String, Vec<TrendPoint>>>,
    /// The same by segment.
    pub trends_by_segment: BTreeMap<String, BTreeMap<String, Vec<TrendPoint>>>,
    /// What stands out, by tick.
    pub key_events: Vec<KeyEvent>,
    /// What agents reported; only in the results of models that have events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub events: Option<EventReport>,
    /// Number of agents.
    pub agents: u32,
    /// Steps that agents took.
    pub agent_steps: u64,
    /// Ticks completed.
    pub ticks_completed: u32,
    /// Ticks asked for.
    pub horizon_ticks: u32,
    /// Digest of all agents' state at the last tick; null in partial results.
    pub state_digest: Option<String>,
    /// What became of the copies of a persona; only in the results of runs of mode `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<PassageReport>,
    /// What became of each target; only in the results of hybrid runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub targets: Option<Vec<TargetReport>>,
    /// What came of the workflow's steps; only in the results of experiments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub experiment: Option<ExperimentReport>,
    /// Where the run's telemetry is, a path of the API or a URL; null for a run without.
    pub telemetry_ref: Option<String>,
}

/// One point of a trend.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrendPoint {
    /// The tick.
    pub tick: u32,
    /// The mean over agents at its end.
    pub value: f64,
}

/// Something that stands out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyEvent {
    /// When.
    pub tick: u32,
    /// What kind.
    pub r#type: String,
    /// A sentence.
    pub description: String,
    /// By how much.
    pub impact: f64,
    /// How many agents the effects of a scenario are about; only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub affected_agents: Option<u64>,
    /// Name of the event script; only of the type `scenario_event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// What the impact is: `window`, the change of the headline metric over the ticks that the description names, or
    /// `attribution`, its difference at the end from the same run without the whole bundle; only of the type `scenario_event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "attribution")]
    pub impact_basis: Option<String>,
}

/// What agents reported in a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventReport {
    /// How many events there were, by the name of their kind.
    pub by_kind: BTreeMap<String, EventCount>,
    /// The first thousand of all kinds together, by tick, then agent, then the order of its reports.
    pub first: Vec<ListedEvent>,
}

/// How often a kind of event was reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventCount {
    /// In the whole run.
    pub count: u64,
    /// The tick of the first; null where there was none.
    pub first_tick: Option<u32>,
    /// At the ticks of the trends: how many there were since the point before. They add up to `count`.
    pub trend: Vec<EventPoint>,
}

/// How often a kind of event was reported since the point before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventPoint {
    /// The tick.
    pub tick: u32,
    /// The number of events after the point before, up to the end of this tick.
    pub count: u64,
}

/// One event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedEvent {
    /// The tick.
    pub tick: u32,
    /// The agent that reported it.
    pub agent: u32,
    /// The name of its kind.
    pub event: String,
    /// What the model says beside it.
    pub value: f32,
}

/// The document; `None` when the stored outcome is not a JSON object, which only damage can cause.
pub fn document(results: &RunResults, telemetry_ref: Option<&str>) -> Option<Vec<u8>> {
    let outcome = results.outcome_json.trim_ascii();
    let fields = outcome.strip_prefix(b"{")?.strip_suffix(b"}")?.trim_ascii();
    let (id, status) = (results.record.id, results.record.status);
    let node = results.record.node_id.map_or_else(|| "null".to_owned(), |node| format!("\"{node}\""));
    let mut document = format!(r#"{{"run_id":"{id}","status":"{status}","node_id":{node}"#).into_bytes();
    if let Some(from) = &results.record.forked_from {
        document.extend(format!(r#","forked_from":{{"run_id":"{}","tick":{}}}"#, from.run_id, from.tick).into_bytes());
    }
    document.reserve(fields.len() + 32);
    if !fields.is_empty() {
        document.push(b',');
        document.extend_from_slice(fields);
    }
    document.extend_from_slice(br#","telemetry_ref":"#);
    serde_json::to_writer(&mut document, &telemetry_ref).ok()?;
    document.push(b'}');
    Some(document)
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Catalogue, PopulationSpec, RunSpec, Simulation};
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::http::wire::run::tests::record;

    #[test]
    fn the_outcome_is_spliced_in_byte_for_byte() {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 500 };
        let spec = RunSpec { population, horizon_ticks: 3, ..RunSpec::default() };
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap().canonical_json();
        let document = document(&RunResults { record: record(), outcome_json: outcome.clone() }, Some("/x")).unwrap();

        let inner = &outcome[1..outcome.len() - 1];
        assert!(document.windows(inner.len()).any(|window| window == inner));
        let read: Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(read["run_id"], Value::String(record().id.to_string()));
        let described: Results = Results {
            run_id: record().id,
            status: String::new(),
            node_id: None,
            forked_from: None,
            outcome_summary: BTreeMap::new(),
            confidence: Value::Null,
            distribution: BTreeMap::new(),
            trends: BTreeMap::new(),
            trends_by_region: BTreeMap::new(),
            trends_by_segment: BTreeMap::new(),
            key_events: vec![],
            events: None,
            agents: 0,
            agent_steps: 0,
            ticks_completed: 0,
            horizon_ticks: 0,
            state_digest: None,
            target: None,
            targets: None,
            experiment: None,
            telemetry_ref: None,
        };
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&read), names(&serde_json::to_value(described).unwrap()), "the schema lists every field");
        let mut fields = names(&read);
        fields.extend(["events", "experiment", "forked_from", "target", "targets"].map(str::to_owned));
        fields.sort();
        let schema = serde_json::to_value(Results::schema()).unwrap();
        assert_eq!(fields, names(&schema["properties"]), "experiments have one field more, models with events another");
    }

    /// The engine writes the events and the schema's types describe them: their JSON is the same.
    #[test]
    fn events_are_described_as_they_are_written() {
        let written = civitas_engine::EventReport {
            by_kind: BTreeMap::from([(
                "heard",
                civitas_engine::EventCount {
                    count: 3,
                    first_tick: None,
                    trend: vec![civitas_engine::EventPoint { tick: 4, count: 3 }],
                },
            )]),
            first: vec![civitas_engine::ListedEvent { tick: 4, agent: 7, event: "heard", value: 0.1 }],
        };
        let described = EventReport {
            by_kind: BTreeMap::from([(
                "heard".to_owned(),
                EventCount { count: 3, first_tick: None, trend: vec![EventPoint { tick: 4, count: 3 }] },
            )]),
            first: vec![ListedEvent { tick: 4, agent: 7, event: "heard".to_owned(), value: 0.1 }],
        };
        assert_eq!(serde_json::to_string(&written).unwrap(), serde_json::to_string(&described).unwrap());
    }

    #[test]
    fn damaged_outcomes_are_not_passed_on() {
        let of = |bytes: &[u8]| document(&RunResults { record: record(), outcome_json: bytes.to_vec() }, None);
        assert_eq!(of(b""), None);
        assert_eq!(of(b"{"), None);
        assert!(of(b"{}").is_some_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok()));
    }
}
