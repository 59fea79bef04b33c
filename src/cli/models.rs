//! `civitas models`: the models that this program has, and what one of them can be told. Only words; what a model does is
//! the engine's.

use std::fmt::Write as _;
use std::process::ExitCode;

use civitas_engine::{Catalogue, EngineError, ModelCard, Parameter, ParameterKind, Trait, TraitKind};
use clap::Args;
use serde_json::{Map, Value, json};

use super::print_line;
use crate::error::Result;

/// What `models` is told.
#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    /// Describe this model only
    #[arg(value_name = "MODEL")]
    name: Option<String>,
    /// Print JSON: for one model with the JSON schema of its parameters
    #[arg(long)]
    json: bool,
}

/// Lists the models or describes one.
pub(super) fn models(args: &ModelsArgs, catalogue: &Catalogue) -> Result<ExitCode> {
    let text = match &args.name {
        None if args.json => pretty(&catalogue.cards().map(description).collect()),
        None => catalogue.cards().map(line).collect::<Vec<_>>().join("\n"),
        Some(name) => {
            let Some(card) = catalogue.cards().find(|card| card.name == name) else {
                let known: Vec<_> = catalogue.cards().map(|card| card.name).collect();
                let error = EngineError::UnknownModel { name: name.clone(), known: known.join(", ") };
                return Err(civitas_actors::RuntimeError::Spec(error).into());
            };
            if args.json { pretty(&description(card)) } else { page(card) }
        }
    };
    print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value has string keys only")
}

fn line(card: &ModelCard) -> String {
    let names: Vec<_> = card.parameters.iter().map(|parameter| parameter.name).collect();
    format!("{:<20} version {}: {}", card.name, card.version, names.join(", "))
}

fn page(card: &ModelCard) -> String {
    let mut page = format!("{}, version {}\n", card.name, card.version);
    // Writing to a string cannot fail.
    if !card.parameters.is_empty() {
        let _ = writeln!(page, "\nparameters (config.parameters):");
    }
    for p in card.parameters {
        let _ = writeln!(page, "  {:<20} {} ({}): {}", p.name, p.default, range(p), p.description);
    }
    if !card.variables.is_empty() {
        let _ = writeln!(page, "\nvariables (scenario_patch.variable_deltas), each 0 to 1:");
    }
    for v in card.variables {
        let _ = writeln!(page, "  {:<20} {}: {}", v.name, v.default, v.description);
    }
    let _ = writeln!(page, "\nmetrics:");
    for m in card.metrics {
        let _ = writeln!(page, "  {:<20} {}: {}", m.name, m.unit, m.description);
    }
    if !card.traits.is_empty() {
        let _ = writeln!(page, "\ntraits (in experiments):");
    }
    for t in card.traits {
        let set = if t.settable { "" } else { " (cannot be set)" };
        let _ = writeln!(page, "  {:<20} {}{set}", t.name, t.description);
    }
    if !card.events.is_empty() {
        let _ = writeln!(page, "\nevents:");
    }
    for e in card.events {
        let _ = writeln!(page, "  {:<20} {}", e.name, e.description);
    }
    page.trim_end().to_owned()
}

/// The values that a parameter takes, in words.
fn range(parameter: &Parameter) -> String {
    let Parameter { min, max, unit, .. } = *parameter;
    match parameter.kind {
        ParameterKind::Number => format!("{min} to {max}, {unit}"),
        ParameterKind::Whole => format!("{min} to {max} in whole numbers, {unit}"),
        ParameterKind::Switch => "0 or 1".to_owned(),
    }
}

/// A model for programs; `parameters` is a JSON schema (draft 2020-12) of `config.parameters`.
fn description(card: &ModelCard) -> Value {
    let properties: Map<String, Value> = card
        .parameters
        .iter()
        .map(|p| {
            let kind = if p.kind == ParameterKind::Number { "number" } else { "integer" };
            let mut schema = json!({"type": kind, "minimum": p.min, "maximum": p.max, "default": p.default,
                "description": p.description, "x-unit": p.unit});
            if p.kind == ParameterKind::Switch {
                schema["enum"] = json!([0, 1]);
            }
            (p.name.to_owned(), schema)
        })
        .collect();
    let variables: Vec<_> = card
        .variables
        .iter()
        .map(
            |v| json!({"name": v.name, "minimum": 0, "maximum": 1, "default": v.default, "description": v.description}),
        )
        .collect();
    let metrics: Vec<_> =
        card.metrics.iter().map(|m| json!({"name": m.name, "unit": m.unit, "description": m.description})).collect();
    let events: Vec<_> = card.events.iter().map(|e| json!({"name": e.name, "description": e.description})).collect();
    json!({
        "name": card.name,
        "version": card.version,
        "parameters": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "additionalProperties": false, "properties": properties,
        },
        "variables": variables,
        "metrics": metrics,
        "traits": card.traits.iter().map(described).collect::<Vec<_>>(),
        "events": events,
    })
}

/// A trait for programs; the values are those of `update_state` and of conditions.
fn described(known: &Trait) -> Value {
    let mut words = json!({"name": known.name, "description": known.description, "settable": known.settable,
        "memory": known.memory});
    match known.kind {
        TraitKind::Number { unit, min, max } => {
            words["type"] = json!("number");
            (words["minimum"], words["maximum"], words["unit"]) = (json!(min), json!(max), json!(unit));
        }
        TraitKind::Flag => words["type"] = json!("boolean"),
        TraitKind::Choice(labels) => {
            words["type"] = json!("string");
            words["enum"] = json!(labels);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trait_is_described_with_its_values() {
        let catalogue = Catalogue::default();
        let of = |name: &str| description(catalogue.cards().find(|card| card.name == name).unwrap());
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
            assert_eq!(description(card)["traits"].as_array().map(Vec::len), Some(card.traits.len()));
        }
    }

    #[test]
    fn every_parameter_is_in_the_schema_with_its_range() {
        for card in Catalogue::default().cards() {
            let described = description(card);
            for p in card.parameters {
                let schema = &described["parameters"]["properties"][p.name];
                assert_eq!((schema["minimum"].as_f64(), schema["maximum"].as_f64()), (Some(p.min), Some(p.max)));
                assert!(page(card).contains(p.name) && line(card).contains(p.name));
                assert_eq!(schema["type"] == "integer", p.kind != ParameterKind::Number);
                assert_eq!(schema["enum"] == json!([0, 1]), p.kind == ParameterKind::Switch, "{}", p.name);
            }
        }
    }
}
