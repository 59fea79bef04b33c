//! What a person reads of a run: a page of text made from its results. Pure; it shows what the outcome holds and makes
//! up nothing, so that another model's outcome is shown as well.

use std::fmt::Write;
use std::path::Path;

use civitas_actors::RunResults;
use comfy_table::{Table, presets};
use serde_json::{Map, Value};

use super::head::Head;
use super::{chart, findings, journeys};

/// Width of the longest bar, in characters.
const BAR_CHARS: usize = 30;
/// Key events that are shown.
const EVENTS: usize = 5;
/// Heights of a trend line.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The page, with charts of so many columns where there is a `width`; `None` where the stored outcome cannot be read.
pub(super) fn render(results: &RunResults, data_dir: &Path, width: Option<usize>) -> Option<String> {
    let outcome: Value = serde_json::from_slice(&results.outcome_json).ok()?;
    let (dir, id) = (data_dir.display(), results.record.id);
    let again = format!(
        "stored in {dir} as run {id}; to read it again:\n  civitas results {id} --data-dir {dir}\n  civitas serve --data-dir {dir}"
    );
    Some(page_of(&Head::of(&results.record), outcome.as_object()?, &again, width))
}

/// The same for a run of a server, from the run's page and its results document.
pub(super) fn render_page(run: &Value, results: &Value, server: &str, width: Option<usize>) -> Option<String> {
    let id = run["id"].as_str()?;
    Some(page_of(&Head::of_page(run), results.as_object()?, &format!("run {id} of {server}"), width))
}

fn page_of(head: &Head, outcome: &Map<String, Value>, again: &str, width: Option<usize>) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_head(&mut page, head)
        .and_then(|()| write_outcome(&mut page, outcome))
        .and_then(|()| write_distribution(&mut page, outcome))
        .and_then(|()| write_trends(&mut page, outcome))
        .and_then(|()| width.map_or(Ok(()), |width| writeln!(page, "{}", chart::of(outcome, width))))
        .and_then(|()| write_events(&mut page, outcome))
        .and_then(|()| write_counts(&mut page, outcome))
        .and_then(|()| journeys::write(&mut page, outcome))
        .and_then(|()| findings::write(&mut page, outcome))
        .and_then(|()| write_foot(&mut page, head, again));
    page.trim_end().to_owned()
}

/// A number of things, short enough for a line: 950, 12.3 k, 1.20 M.
pub(super) fn count(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{:.2} G", value / 1e9),
        value if value >= 1e6 => format!("{:.2} M", value / 1e6),
        value if value >= 1e4 => format!("{:.1} k", value / 1e3),
        value => format!("{value:.0}"),
    }
}

fn write_head(page: &mut String, head: &Head) -> std::fmt::Result {
    writeln!(page, "{}", head.name)?;
    writeln!(page, "{} agents of {}, model {}, seed {}", count(head.agents), head.dataset, head.model, head.seed)?;
    match head.status.as_str() {
        "succeeded" => writeln!(page, "{} ticks", head.total_ticks)?,
        status => {
            let (tick, total) = (head.tick, head.total_ticks);
            writeln!(page, "{status} after {tick} of {total} ticks: these results are partial")?;
        }
    }
    for (name, delta) in &head.deltas {
        writeln!(page, "scenario: {name} {delta:+}")?;
    }
    if head.effects > 0 {
        writeln!(page, "scenario: effects, {} of them", head.effects)?;
    }
    writeln!(page)
}

fn write_outcome(page: &mut String, outcome: &Map<String, Value>) -> std::fmt::Result {
    let Some(summary) = outcome.get("outcome_summary").and_then(Value::as_object) else { return Ok(()) };
    for (name, value) in summary {
        let Some(number) = value.as_f64() else { continue };
        let shown = if name.ends_with("_rate") { percent(number) } else { format!("{number:+.3}") };
        writeln!(page, "  {:18} {shown}", words(name))?;
    }
    if let Some(level) = summary.get("confidence_level").and_then(Value::as_str) {
        let confidence = outcome.get("confidence").and_then(Value::as_object);
        let margin = confidence.and_then(|confidence| confidence.get("margin_95")).and_then(Value::as_f64);
        let metric = confidence.and_then(|confidence| confidence.get("metric")).and_then(Value::as_str);
        let margin = match (margin, metric) {
            (Some(margin), Some(metric)) => {
                format!(" (± {:.2} points of {} at 95 %, within this seed)", margin * 100.0, words(metric))
            }
            _ => String::new(),
        };
        writeln!(page, "  {:18} {level}{margin}", "confidence")?;
    }
    writeln!(page)
}

fn write_distribution(page: &mut String, outcome: &Map<String, Value>) -> std::fmt::Result {
    let Some(shares) = outcome.get("distribution").and_then(Value::as_object) else { return Ok(()) };
    for (name, share) in shares {
        let share = share.as_f64().unwrap_or(0.0).clamp(0.0, 1.0);
        writeln!(page, "  {:18} {:>7}  {}", words(name), percent(share), bar(share))?;
    }
    writeln!(page)
}

/// A bar as long as the share of the longest.
pub(super) fn bar(share: f64) -> String {
    "█".repeat((share.clamp(0.0, 1.0) * BAR_CHARS as f64).round() as usize)
}

fn write_trends(page: &mut String, outcome: &Map<String, Value>) -> std::fmt::Result {
    let Some(trends) = outcome.get("trends").and_then(Value::as_object) else { return Ok(()) };
    for (name, points) in trends {
        let points = points.as_array().map(Vec::as_slice).unwrap_or_default();
        let values: Vec<f64> = points.iter().filter_map(|point| point.get("value")?.as_f64()).collect();
        let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
        writeln!(page, "  {:18} {first:>6.3} {} {last:.3}", words(name), sparkline(&values))?;
    }
    writeln!(page)
}

fn write_events(page: &mut String, outcome: &Map<String, Value>) -> std::fmt::Result {
    let Some(events) = outcome.get("key_events").and_then(Value::as_array) else { return Ok(()) };
    let impact = |event: &Value| event.get("impact").and_then(Value::as_f64).unwrap_or(0.0);
    let tick = |event: &Value| event.get("tick").and_then(Value::as_u64).unwrap_or(0);
    // What the scenario did is told before what else was found.
    let found = |event: &Value| {
        let asked = |kind: &str| event.get("type").and_then(Value::as_str) == Some(kind);
        !asked("scenario_event") && !asked("intervention")
    };
    let mut top: Vec<&Value> = events.iter().collect();
    top.sort_by(|one, other| found(one).cmp(&found(other)).then(impact(other).abs().total_cmp(&impact(one).abs())));
    top.truncate(EVENTS);
    top.sort_by_key(|event| tick(event));
    for event in top {
        let description = event.get("description").and_then(Value::as_str).unwrap_or("?");
        writeln!(page, "  tick {:>4}  {description} ({:+.3})", tick(event), impact(event))?;
    }
    writeln!(page)
}

/// How often agents reported what, for models that have events.
fn write_counts(page: &mut String, outcome: &Map<String, Value>) -> std::fmt::Result {
    let kinds = outcome.get("events").and_then(|events| events.get("by_kind")).and_then(Value::as_object);
    let Some(kinds) = kinds else { return Ok(()) };
    for (name, counted) in kinds {
        let number = |field: &str| counted.get(field).and_then(Value::as_u64);
        let Some(total) = number("count") else { continue };
        let first = number("first_tick").map(|tick| format!(", first at tick {tick}")).unwrap_or_default();
        writeln!(page, "  {:18} {} events{first}", words(name), count(total as f64))?;
    }
    writeln!(page)
}

fn write_foot(page: &mut String, head: &Head, again: &str) -> std::fmt::Result {
    if let Some(seconds) = head.seconds {
        write!(page, "{seconds:.2} s")?;
        if let Some(speed) = head.speed {
            write!(page, ", {} agent-steps/s", count(speed))?;
        }
        writeln!(page)?;
    }
    writeln!(page, "{again}")
}

pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A table without lines under these headings.
pub(super) fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head);
    table
}

/// The values as a line of blocks between their least and their largest.
pub(super) fn sparkline(values: &[f64]) -> String {
    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if max > min { max - min } else { 1.0 };
    let top = (LEVELS.len() - 1) as f64;
    values.iter().map(|value| LEVELS[((value - min) / range * top).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Catalogue, PopulationSpec, RunSpec, Simulation};
    use civitas_store::{RunRecord, RunStatus};

    use super::*;
    use crate::http::wire::run::tests::record;

    #[test]
    fn a_real_outcome_reads_like_a_page() {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 5_000 };
        let deltas = [("economy_confidence".to_owned(), 0.1)].into();
        let spec = RunSpec { population, horizon_ticks: 40, variable_deltas: deltas, ..RunSpec::default() };
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
        let results = RunResults { record: record(), outcome_json: outcome.canonical_json() };
        let page = render(&results, Path::new("civitas-data"), Some(100)).unwrap();
        for part in [
            "Baseline Simulation",
            "10.0 k agents",
            "adoption rate",
            "sentiment shift",
            "confidence",
            "supporters",
            "█",
            "tick ",
            "145.00 s",
            " |*",
            "stored in civitas-data",
            &record().id.to_string(),
        ] {
            assert!(page.contains(part), "{part} is missing:\n{page}");
        }
        assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
    }

    #[test]
    fn what_a_scenario_did_is_told_before_what_else_happened() {
        let event = |tick: u64, kind: &str, impact: f64| serde_json::json!({"tick": tick, "type": kind, "impact": impact, "description": format!("{kind} {tick}")});
        let swings = (1..=5).map(|tick| event(tick, "swing", 0.5));
        let events: Vec<_> = swings.chain([event(6, "scenario_event", 0.0), event(7, "intervention", 0.0)]).collect();
        let outcome = Map::from_iter([("key_events".to_owned(), Value::from(events))]);
        let mut page = String::new();
        write_events(&mut page, &outcome).unwrap();
        assert!(page.contains("scenario_event 6") && page.contains("intervention 7"), "{page}");
        assert_eq!(page.matches("swing").count(), EVENTS - 2, "{page}");
    }

    #[test]
    fn a_cancelled_run_is_said_to_be_partial() {
        let record = RunRecord { status: RunStatus::Cancelled, current_tick: 45, ..record() };
        let results = RunResults { record, outcome_json: b"{}".to_vec() };
        let page = render(&results, Path::new("d"), None).unwrap();
        assert!(page.contains("cancelled after 45 of 100 ticks: these results are partial"), "{page}");
    }

    #[test]
    fn damaged_outcomes_have_no_page() {
        let results = RunResults { record: record(), outcome_json: b"[".to_vec() };
        assert_eq!(render(&results, Path::new("d"), None), None);
    }

    #[test]
    fn numbers_and_lines_stay_short() {
        assert_eq!([count(950.0), count(12_300.0), count(1.2e6), count(3e9)], ["950", "12.3 k", "1.20 M", "3.00 G"]);
        assert_eq!(sparkline(&[0.0, 0.5, 1.0]), "▁▅█");
        assert_eq!(sparkline(&[2.0, 2.0]), "▁▁");
    }
}
