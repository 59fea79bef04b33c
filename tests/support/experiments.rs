//! Experiments in tests: the configuration that they begin with, the four routes of the experiment runner, and ways into
//! what came of them. Nothing here judges.

use serde_json::{Value, json};

use super::http::{Answer, Client};

/// The seed of every experiment that does not say.
pub const SEED: u64 = 20_261;

/// An experiment with so many agents of one class, and this workflow.
pub fn experiment(agents: u32, workflow: Value) -> Value {
    json!({"name": "An experiment", "seed": SEED, "environment": {}, "map": {"dataset": "us-2020"},
        "agent": {"citizens": [{"agent_class": "citizen", "number": agents}]}, "workflow": workflow})
}

/// The same with this at a JSON pointer, whose parent is there.
pub fn with(mut config: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match config.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other} at {parent}"),
    }
    config
}

/// The same without what stands at a JSON pointer.
pub fn without(mut config: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match config.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(fields) => drop(fields.remove(name).unwrap()),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        other => panic!("{other} at {parent}"),
    }
    config
}

/// A step that asks these agents these questions.
pub fn survey(target: Value, questions: Value) -> Value {
    json!({"type": "survey", "target_agent": target, "survey": {"questions": questions}})
}

/// A question that a trait answers.
pub fn question(kind: &str, key: &str) -> Value {
    json!({"name": format!("{kind} {key}"), "type": kind, "key": key})
}

impl Client {
    /// POST /api/run-experiments.
    pub fn post_experiment(&self, config: &Value) -> Answer {
        self.post_json("//api/run-experiments", config)
    }

    /// Runs an experiment, which must be accepted; gives its id.
    pub fn launch_experiment(&self, config: &Value) -> String {
        // Shown when the test fails.
        eprintln!("experiment with seed {}: {:.300}", config["seed"], config.to_string());
        let accepted = self.post_experiment(config).expect(200);
        accepted.body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// GET /api/run-experiments with a query string or none.
    pub fn experiments(&self, query: &str) -> Answer {
        self.get(&format!("//api/run-experiments{query}"))
    }

    /// Where an experiment stands.
    pub fn experiment(&self, id: &str) -> Value {
        self.get(&format!("//api/experiments/{id}/status")).expect(200).body["data"].clone()
    }

    /// DELETE /api/experiments/{id}/stop.
    pub fn stop_experiment(&self, id: &str) -> Answer {
        self.send("DELETE", &format!("//api/experiments/{id}/stop"), &[], None)
    }

    /// The results of a run that has ended.
    pub fn results(&self, id: &str) -> Value {
        self.get(&format!("/runs/{id}/results")).expect(200).body
    }

    /// Runs an experiment to its end; gives its results.
    pub fn concluded(&self, config: &Value) -> Value {
        let id = self.launch_experiment(config);
        let last = self.wait(&id);
        assert_eq!(last.event, "completed", "{}", last.data);
        self.results(&id)
    }
}

/// What the steps of one type found, in order.
pub fn steps<'a>(results: &'a Value, kind: &str) -> Vec<&'a Value> {
    let steps = results["experiment"]["steps"].as_array().unwrap_or_else(|| panic!("no experiment: {results:.200}"));
    steps.iter().filter(|step| step["type"] == kind).collect()
}

/// A metric's points: tick, agents, value.
pub fn points(results: &Value, name: &str) -> Vec<(u64, u64, f64)> {
    let metrics = results["experiment"]["metrics"].as_array().unwrap();
    let metric = metrics.iter().find(|metric| metric["name"] == name).unwrap_or_else(|| panic!("no metric {name}"));
    let points = metric["points"].as_array().unwrap().iter();
    let number = |point: &Value, field: &str| point[field].as_u64().unwrap();
    points.map(|point| (number(point, "tick"), number(point, "agents"), point["value"].as_f64().unwrap())).collect()
}

/// A trend's values by tick.
pub fn trend(results: &Value, name: &str) -> Vec<(u64, f64)> {
    let points = results["trends"][name].as_array().unwrap().iter();
    points.map(|point| (point["tick"].as_u64().unwrap(), point["value"].as_f64().unwrap())).collect()
}

/// How many agents gave each answer to a question of a survey.
pub fn counts(survey: &Value, question: usize) -> Vec<u64> {
    let counts = survey["questions"][question]["counts"].as_array().unwrap();
    counts.iter().map(|count| count["agents"].as_u64().unwrap()).collect()
}

/// The mean answer to a question of a survey.
pub fn mean(survey: &Value, question: usize) -> f64 {
    survey["questions"][question]["mean"].as_f64().unwrap_or_else(|| panic!("no mean: {survey}"))
}

/// The outcome without what stands in `experiment`, and without what tells runs apart.
pub fn society_of(results: &Value) -> Value {
    let mut results = results.clone();
    for name in ["experiment", "run_id", "node_id", "telemetry_ref", "key_events"] {
        results.as_object_mut().unwrap().remove(name);
    }
    results
}
