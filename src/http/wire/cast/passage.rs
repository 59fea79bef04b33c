//! What became of the copies of a persona, as the results document has it. The engine writes it and it is spliced in as it is;
//! the structs here describe it to OpenAPI, and a test compares them with what the engine writes.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What became of the copies of a persona.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct PassageReport {
    /// How many copies there are.
    pub copies: u32,
    /// Code of the region that they live in.
    pub region: String,
    /// The segment that they were born into; null where they are of several, as drawn.
    pub segment: Option<String>,
    /// How many were at the goal at the end of some tick.
    pub reached: u64,
    /// How many never were.
    pub survivors: u64,
    /// Share of the copies that were at the goal.
    pub probability: f64,
    /// Where the probability may be, by the number of copies alone: Wilson's interval.
    pub interval_95: PassageInterval,
    /// When they were there for the first time.
    pub first_passage: FirstPassage,
    /// How they fared, at the ticks of the trends.
    pub trajectory: Vec<PassagePoint>,
}

/// A 95 % interval.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct PassageInterval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// When copies were at the goal for the first time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct FirstPassage {
    /// How many arrived in which tick; ticks in which nobody did are left out.
    pub by_tick: Vec<Arrivals>,
    /// Of those that arrived, the mean of their ticks; null where nobody did.
    pub mean_tick: Option<f64>,
    /// The first tick by which 5, 25, 50, 75 and 95 % of all copies had arrived (`p05` to `p95`); null where fewer have.
    pub quantiles: BTreeMap<String, Option<u32>>,
}

/// Copies that were at the goal for the first time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Arrivals {
    /// The tick.
    pub tick: u32,
    /// How many.
    pub count: u64,
}

/// All copies at the end of a tick.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct PassagePoint {
    /// The tick.
    pub tick: u32,
    /// Share of the copies that have been at the goal.
    pub reached: f64,
    /// By trait: of a number `mean`, `p05`, `p25`, `p50`, `p75` and `p95`; of a flag the share of those of whom it is true; of a
    /// choice the share of each label.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub traits: BTreeMap<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use civitas_engine::{
        Cast, Catalogue, Comparison, Ensemble, Goal, GoalTest, Persona, PopulationSpec, Quality, RunSpec, Simulation,
        Value,
    };

    use super::*;

    /// The engine writes the report and the schema's types describe it: their JSON is the same.
    #[test]
    fn passages_are_described_as_they_are_written() {
        let (quality, comparison) = (Quality::Trait("opinion".to_owned()), Comparison::Greater);
        let goal = Goal { all: vec![GoalTest { quality, comparison, value: Value::Number(-1.0) }] };
        let persona = Persona { region: Some("CA".to_owned()), ..Persona::default() };
        let cast = Some(Arc::new(Cast::Target(Ensemble { persona, goal, ..Ensemble::default() })));
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 300 };
        let spec = RunSpec { population, horizon_ticks: 2, cast, ..RunSpec::default() };
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
        let written = serde_json::to_value(outcome.target.unwrap()).unwrap();
        let described: PassageReport = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&described).unwrap(), written);
        assert_eq!((described.reached, described.trajectory.len()), (300, 3));
    }
}
