//! `civitas models`: the models that this program has, and what one of them can be told. Only words; what a model does is
//! the engine's.

use std::fmt::Write as _;
use std::process::ExitCode;

use civitas_engine::{Catalogue, ModelCard, Parameter, ParameterKind};
use clap::Args;
use serde::Serialize;

use super::print_line;
use crate::error::Result;
use crate::http::wire::model::ModelDescription;

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
        None if args.json => pretty(&catalogue.cards().map(ModelDescription::from).collect::<Vec<_>>()),
        None => catalogue.cards().map(line).collect::<Vec<_>>().join("\n"),
        Some(name) => {
            let card = catalogue.card(name).map_err(civitas_actors::RuntimeError::Spec)?;
            if args.json { pretty(&ModelDescription::from(card)) } else { page(card) }
        }
    };
    print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("descriptions have string keys only")
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
    if card.segments.len() > 1 {
        let said = if card.born_into_segments { ", which data sets and personas can name" } else { "" };
        let _ = writeln!(page, "\nsegments{said}:\n  {}", card.segments.join(", "));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_on_the_page_and_in_the_line() {
        for card in Catalogue::default().cards() {
            assert!(card.parameters.iter().all(|p| page(card).contains(p.name) && line(card).contains(p.name)));
            assert!(card.segments.len() == 1 || card.segments.iter().all(|name| page(card).contains(name)));
        }
    }
}
