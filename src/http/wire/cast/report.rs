//! What became of named agents, as the results document has it. The engine writes it and it is spliced in as it is; the
//! structs here describe it to OpenAPI, and a test compares them with what the engine writes.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What became of a target.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// Which agent it is.
    pub agent: u32,
    /// Code of the region that it lives in.
    pub region: String,
    /// The segment that it was born into.
    pub segment: String,
    /// What it was at tick 0: its traits by name, or in a model without any its part in every metric.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub start: BTreeMap<String, serde_json::Value>,
    /// What it was at the last completed tick.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub end: BTreeMap<String, serde_json::Value>,
    /// The first tick at whose end it was at its goal; null where it was not, and left out where it has none.
    #[cfg_attr(test, serde(default))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached_tick: Option<Option<u32>>,
    /// How many events of each kind it reported; left out for models that have none.
    #[cfg_attr(test, serde(default))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, u64>,
    /// What it was at the ticks of the trends.
    pub trajectory: Vec<TargetPoint>,
}

/// A target at the end of a tick.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct TargetPoint {
    /// The tick.
    pub tick: u32,
    /// What it was: its traits by name, or in a model without any its part in every metric.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub state: BTreeMap<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use civitas_engine::{Cast, Catalogue, PopulationSpec, RunSpec, Simulation, TargetAgent};

    use super::*;

    /// The engine writes the report and the schema's types describe it: their JSON is the same.
    #[test]
    fn targets_are_described_as_they_are_written() {
        let target = TargetAgent { name: "Ada".to_owned(), ..TargetAgent::default() };
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 300 };
        let cast = Some(Arc::new(Cast::Hybrid(vec![target])));
        let spec = RunSpec { population, horizon_ticks: 2, cast, ..RunSpec::default() };
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
        let written = serde_json::to_value(outcome.targets.unwrap()).unwrap();
        let described: Vec<TargetReport> = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&described).unwrap(), written);
        assert_eq!(described[0].trajectory.len(), 3);
    }
}
