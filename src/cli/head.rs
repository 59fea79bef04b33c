//! What stands at the top and at the foot of a run's page: whose results they are. Made from a stored record, or from what a server
//! says of a run.

use civitas_store::RunRecord;
use serde_json::Value;

use super::progress::speed;
use crate::time;

/// A run, in the words of its page.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) agents: f64,
    pub(super) dataset: String,
    pub(super) model: String,
    pub(super) seed: u64,
    pub(super) status: String,
    pub(super) tick: u64,
    pub(super) total_ticks: u64,
    /// Shifts of variables that the scenario makes.
    pub(super) deltas: Vec<(String, f64)>,
    /// How many windows of shifts and other effects it has besides.
    pub(super) effects: usize,
    /// From start to end.
    pub(super) seconds: Option<f64>,
    /// Agent-steps per second.
    pub(super) speed: Option<f64>,
}

impl Head {
    /// Of a record.
    pub(super) fn of(record: &RunRecord) -> Self {
        let spec = &record.spec;
        Self {
            name: record.name.clone(),
            agents: spec.agents.into(),
            dataset: spec.dataset.clone(),
            model: spec.model.clone(),
            seed: spec.seed,
            status: record.status.as_str().to_owned(),
            tick: record.current_tick.into(),
            total_ticks: record.total_ticks.into(),
            deltas: spec.variable_deltas.iter().map(|(name, delta)| (name.clone(), *delta)).collect(),
            effects: spec.effects as usize,
            seconds: record.duration_ms().map(time::seconds),
            speed: record.duration_ms().and_then(|_| speed(record.agents_processed, record.running_ms)),
        }
    }

    /// Of the answer to GET /api/v1/runs/{id}; what is missing there is left blank.
    pub(super) fn of_page(run: &Value) -> Self {
        let text = |path: &str| run.pointer(path).and_then(Value::as_str).unwrap_or("?").to_owned();
        let number = |path: &str| run.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        let deltas = run.pointer("/config/scenario_patch/variable_deltas").and_then(Value::as_object);
        let shift = |(name, delta): (&String, &Value)| Some((name.clone(), delta.as_f64()?));
        let seconds = run.pointer("/timing/duration_seconds").and_then(Value::as_f64);
        let steps = number("/progress/agents_processed") as f64;
        Self {
            name: text("/name"),
            agents: number("/config/population/agents") as f64,
            dataset: text("/config/population/dataset"),
            model: text("/config/model"),
            seed: number("/config/seed"),
            status: text("/status"),
            tick: number("/progress/current_tick"),
            total_ticks: number("/progress/total_ticks"),
            deltas: deltas.into_iter().flatten().filter_map(shift).collect(),
            effects: run.pointer("/config/scenario_patch/effects").and_then(Value::as_array).map_or(0, Vec::len),
            speed: seconds.filter(|seconds| *seconds > 0.0).map(|seconds| steps / seconds),
            seconds,
        }
    }
}
