//! Models as clients see them: what a run can be told, and what its results hold. Owns the names of fields; what a model
//! does is the engine's.

use civitas_engine::{EventKind, Metric, ModelCard, Parameter, ParameterKind, Trait, TraitKind, Variable};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A model that runs can name in `config.model`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelDescription {
    /// Its name.
    #[schema(example = "society")]
    pub name: &'static str,
    /// Its version: another one gives other results.
    #[schema(example = "1")]
    pub version: &'static str,
    /// A JSON schema (draft 2020-12) of `config.parameters`: types, ranges, defaults, and units as `x-unit`.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// What `scenario_patch.variable_deltas` can shift.
    pub variables: Vec<VariableDescription>,
    /// What is measured at every tick, as means over agents.
    pub metrics: Vec<MetricDescription>,
    /// What experiments can know of an agent, and set.
    pub traits: Vec<TraitDescription>,
    /// What agents report.
    pub events: Vec<EventDescription>,
    /// Names of the segments that it tells agents apart by, for scopes of effects, personas and telemetry. How many agents are of
    /// each is drawn in every run, unless the data set says it: results and telemetry have the counts.
    #[schema(example = json!(["innovators", "early_adopters", "early_majority", "late_majority", "laggards"]))]
    pub segments: &'static [&'static str],
    /// Whether data sets (in a column `segment`) and personas can say of which segment an agent is.
    pub born_into_segments: bool,
}

/// A variable of the environment.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariableDescription {
    /// Its name.
    #[schema(example = "economy_confidence")]
    name: &'static str,
    /// Its smallest value.
    minimum: u8,
    /// Its largest value.
    maximum: u8,
    /// Its value where no scenario shifts it.
    default: f32,
    /// What it stands for.
    description: &'static str,
}

/// A metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricDescription {
    /// Its name.
    #[schema(example = "adoption_rate")]
    name: &'static str,
    /// Its unit; `1` for a pure number.
    unit: &'static str,
    /// What it says.
    description: &'static str,
}

/// A trait of agents; the values are those of `update_state` and of conditions in experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraitDescription {
    /// Its name.
    name: &'static str,
    /// What it is.
    description: &'static str,
    /// Whether an experiment can set it.
    settable: bool,
    /// Whether it is part of the agent's memory.
    memory: bool,
    /// `number`, `boolean` or `string`.
    #[schema(example = "number")]
    r#type: &'static str,
    /// Of a number: the smallest.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<f64>,
    /// Of a number: the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// Of a number: its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    /// Of a string: what it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#enum: Option<&'static [&'static str]>,
}

/// Something that happens to agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDescription {
    /// Its name.
    name: &'static str,
    /// What has happened, and what the value beside it says.
    description: &'static str,
}

impl From<&ModelCard> for ModelDescription {
    fn from(card: &ModelCard) -> Self {
        let properties: Map<String, Value> =
            card.parameters.iter().map(|parameter| (parameter.name.to_owned(), schema_of(parameter))).collect();
        Self {
            name: card.name,
            version: card.version,
            parameters: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object", "additionalProperties": false, "properties": properties,
            }),
            variables: card.variables.iter().map(VariableDescription::from).collect(),
            metrics: card.metrics.iter().map(MetricDescription::from).collect(),
            traits: card.traits.iter().map(TraitDescription::from).collect(),
            events: card.events.iter().map(EventDescription::from).collect(),
            segments: card.segments,
            born_into_segments: card.born_into_segments,
        }
    }
}

fn schema_of(parameter: &Parameter) -> Value {
    let Parameter { min, max, default, unit, description, kind, .. } = *parameter;
    let number = if kind == ParameterKind::Number { "number" } else { "integer" };
    let mut schema = json!({"type": number, "minimum": min, "maximum": max, "default": default,
        "description": description, "x-unit": unit});
    if kind == ParameterKind::Switch {
        schema["enum"] = json!([0, 1]);
    }
    schema
}

impl From<&Variable> for VariableDescription {
    fn from(variable: &Variable) -> Self {
        let Variable { name, default, description } = *variable;
        Self { name, minimum: 0, maximum: 1, default, description }
    }
}

impl From<&Metric> for MetricDescription {
    fn from(metric: &Metric) -> Self {
        Self { name: metric.name, unit: metric.unit, description: metric.description }
    }
}

impl From<&Trait> for TraitDescription {
    fn from(known: &Trait) -> Self {
        let Trait { name, description, settable, memory, kind } = *known;
        let (r#type, range, unit, r#enum) = match kind {
            TraitKind::Number { unit, min, max } => ("number", Some((min, max)), Some(unit), None),
            TraitKind::Flag => ("boolean", None, None, None),
            TraitKind::Choice(labels) => ("string", None, None, Some(labels)),
        };
        let (minimum, maximum) = range.unzip();
        Self { name, description, settable, memory, r#type, minimum, maximum, unit, r#enum }
    }
}

impl From<&EventKind> for EventDescription {
    fn from(kind: &EventKind) -> Self {
        Self { name: kind.name, description: kind.description }
    }
}

#[cfg(test)]
mod tests {
    use civitas_engine::Catalogue;

    use super::*;

    #[test]
    fn every_trait_is_described_with_its_values() {
        let catalogue = Catalogue::default();
        let of = |name: &str| {
            let card = catalogue.cards().find(|card| card.name == name).unwrap();
            serde_json::to_value(ModelDescription::from(card)).unwrap()
        };
        let stages = json!(["susceptible", "exposed", "infectious", "recovered"]);
        assert_eq!(
            (&of("epidemic")["traits"][0]["type"], &of("epidemic")["traits"][0]["enum"]),
            (&json!("string"), &stages)
        );
        assert_eq!(of("bass")["traits"][0]["type"], "boolean");
        let opinion = &of("degroot")["traits"][0];
        assert_eq!((opinion["minimum"].as_f64(), opinion["maximum"].as_f64()), (Some(0.0), Some(1.0)));
        assert_eq!((&opinion["settable"], &opinion["memory"]), (&json!(true), &json!(true)));
        for card in catalogue.cards() {
            assert_eq!(ModelDescription::from(card).traits.len(), card.traits.len());
        }
    }

    #[test]
    fn every_segment_is_named() {
        let catalogue = Catalogue::default();
        let of = |name: &str| {
            let card = catalogue.cards().find(|card| card.name == name).unwrap();
            let described = ModelDescription::from(card);
            (described.segments.len(), described.segments[0], described.born_into_segments)
        };
        assert_eq!((of("society"), of("voter")), ((5, "innovators", true), (1, "all", false)));
    }

    #[test]
    fn every_parameter_is_in_the_schema_with_its_range() {
        for card in Catalogue::default().cards() {
            let described = ModelDescription::from(card);
            for p in card.parameters {
                let schema = &described.parameters["properties"][p.name];
                assert_eq!((schema["minimum"].as_f64(), schema["maximum"].as_f64()), (Some(p.min), Some(p.max)));
                assert_eq!(schema["type"] == "integer", p.kind != ParameterKind::Number);
                assert_eq!(schema["enum"] == json!([0, 1]), p.kind == ParameterKind::Switch, "{}", p.name);
            }
        }
    }
}
