//! What a person reads of named agents: what became of each, and how copies of a persona fared. Pure; it shows what the
//! outcome's `targets` and `target` hold, and nothing for runs that have none.

use std::fmt::{Result, Write};

use comfy_table::Table;
use serde_json::{Map, Value};

use super::summary::{count, percent, sparkline, table, words};

/// Which quantiles of a trait are shown, and of the ticks of arrival.
const QUANTILES: [&str; 5] = ["p05", "p25", "p50", "p75", "p95"];

/// Writes the section on named agents, where the outcome has one.
pub(super) fn write(page: &mut String, outcome: &Map<String, Value>) -> Result {
    if let Some(targets) = outcome.get("targets").and_then(Value::as_array) {
        writeln!(page, "Named agents\n{}\n", targets_of(targets))?;
    }
    match outcome.get("target") {
        Some(passage) => write_passage(page, passage),
        None => Ok(()),
    }
}

fn targets_of(targets: &[Value]) -> Table {
    let mut found = table(&["NAME", "AGENT", "REGION", "SEGMENT", "AT ITS GOAL", "FROM", "TO"]);
    for target in targets {
        let goal = match target.get("reached_tick") {
            None => String::new(),
            Some(tick) => tick.as_u64().map_or_else(|| "never".to_owned(), |tick| format!("tick {tick}")),
        };
        let (start, end) = (&target["start"], &target["end"]);
        let names: Vec<&String> = start.as_object().into_iter().flat_map(Map::keys).collect();
        let changed = names.into_iter().filter(|name| start[*name] != end[*name]);
        let (from, to): (Vec<_>, Vec<_>) = changed
            .map(|name| {
                (format!("{} {}", words(name), short(&start[name])), format!("{} {}", words(name), short(&end[name])))
            })
            .unzip();
        let text = |field: &str| short(&target[field]);
        let row = [text("name"), text("agent"), text("region"), words(&text("segment")), goal];
        found.add_row(row.into_iter().chain([from.join("\n"), to.join("\n")]));
    }
    found
}

fn write_passage(page: &mut String, passage: &Value) -> Result {
    let number = |path: &str| passage.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
    let (low, high) = (percent(number("/interval_95/low")), percent(number("/interval_95/high")));
    let (copies, who) =
        (count(number("/copies")), format!("{}, {}", short(&passage["region"]), words(&short(&passage["segment"]))));
    writeln!(page, "Copies of the persona: {copies}, {who}")?;
    let reached = percent(number("/probability"));
    writeln!(
        page,
        "  came to the goal   {} of {copies}, {reached} ({low} to {high} at 95 %)",
        count(number("/reached"))
    )?;
    let ticks = |name: &str| {
        passage.pointer(&format!("/first_passage/quantiles/{name}")).map_or("-".to_owned(), |tick| match tick {
            Value::Null => "-".to_owned(),
            tick => tick.to_string(),
        })
    };
    let quantiles: Vec<_> = QUANTILES.iter().map(|name| format!("{} {}", &name[1..], ticks(name))).collect();
    writeln!(page, "  by tick, percent   {}", quantiles.join("  "))?;
    if let Some(mean) = passage.pointer("/first_passage/mean_tick").and_then(Value::as_f64) {
        writeln!(page, "  mean tick          {mean:.1}, of those that came there")?;
    }
    let points = passage["trajectory"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shares: Vec<f64> = points.iter().filter_map(|point| point["reached"].as_f64()).collect();
    if !shares.is_empty() {
        writeln!(page, "  share              {}", sparkline(&shares))?;
    }
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => writeln!(page, "\n{}\n", traits_of(&first["traits"], &last["traits"])),
        _ => writeln!(page),
    }
}

/// The traits of all copies at birth and at the last tick.
fn traits_of(first: &Value, last: &Value) -> Table {
    let mut found = table(&["TRAIT", "AT BIRTH", "AT THE END", "5 %", "25 %", "50 %", "75 %", "95 %"]);
    for (name, end) in last.as_object().into_iter().flatten() {
        let start = &first[name];
        match end {
            Value::Object(spread) if spread.contains_key("mean") => {
                let quantiles = QUANTILES.iter().map(|quantile| short(&spread[*quantile]));
                found
                    .add_row([words(name), short(&start["mean"]), short(&spread["mean"])].into_iter().chain(quantiles));
            }
            Value::Object(shares) => {
                let anybody = |share: &Value| share.as_f64().is_some_and(|share| share > 0.0);
                for (label, share) in shares.iter().filter(|(label, share)| anybody(share) || anybody(&start[*label])) {
                    found.add_row([
                        format!("{} {}", words(name), words(label)),
                        share_of(&start[label]),
                        share_of(share),
                    ]);
                }
            }
            share => {
                found.add_row([words(name), share_of(start), share_of(share)]);
            }
        }
    }
    found
}

fn share_of(share: &Value) -> String {
    share.as_f64().map_or_else(String::new, percent)
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Number(number) if number.is_f64() => format!("{:.3}", number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}
