//! The page that people read of a comparison. Pure; it shows what the report holds.

use std::fmt::Write as _;

use serde_json::Value;

use super::report::{AgentReport, FieldDifference, FileReport, PlaceReport, Report, RerunReport};

/// Lines of a list that are shown.
const SHOWN: usize = 5;
/// Differences of headers that are shown.
const FIELDS: usize = 20;
/// Characters of a value that are shown.
const VALUE_CHARS: usize = 60;

impl PlaceReport {
    /// When it is, in words: `at tick 6`, or `at tick 6, after step 2 of the workflow`.
    pub(super) fn when(&self) -> String {
        let tick = format!("at tick {}", self.tick);
        match (self.step_a, self.step_b) {
            (None, None) => tick,
            (Some(a), Some(b)) if a == b => format!("{tick}, after step {a} of the workflow"),
            (Some(a), None) => format!("{tick}, after step {a} of A's workflow"),
            (None, Some(b)) => format!("{tick}, after step {b} of B's workflow"),
            (Some(a), Some(b)) => format!("{tick}, after step {a} of A's workflow and step {b} of B's"),
        }
    }
}

/// The page.
pub fn render(report: &Report) -> String {
    let mut page = format!("{}\n\n", report.finding);
    for file in &report.files {
        write_file(&mut page, file);
    }
    if !report.header.is_empty() {
        page.push_str("\nheader (A vs B)\n");
        list(&mut page, &report.header, FIELDS, |field| format!("{}: {}", field.field, versus(field)));
    }
    write_shared(&mut page, "environment", report.environment.as_ref(), report.state.as_ref());
    write_shared(&mut page, "metrics", report.metrics.as_ref(), report.state.as_ref());
    if let Some(state) = &report.state {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\nstate: first differs {}", state.when());
        write_places(&mut page, state);
    }
    if !report.reruns.is_empty() {
        page.push_str("\ndone again here\n");
    }
    for rerun in &report.reruns {
        write_rerun(&mut page, rerun);
    }
    if !report.agents.is_empty() {
        page.push_str("\nthe first agents that differ (A vs B)\n");
        list(&mut page, &report.agents, SHOWN, agent);
    }
    page.trim_end().to_owned()
}

fn write_file(page: &mut String, file: &FileReport) {
    let FileReport { name, path, agents, dataset, model, seed, horizon_ticks, partitions, threads } = file;
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let _ = writeln!(
        page,
        "{name}  {path}: {agents} agents of {dataset}, model {model}, seed {seed}, {horizon_ticks} ticks, \
         {partitions} partition{} on {threads} thread{}",
        s(*partitions),
        s(*threads)
    );
}

/// What all agents share: whether it differed before the state did.
fn write_shared(page: &mut String, name: &str, place: Option<&PlaceReport>, state: Option<&PlaceReport>) {
    let Some(place) = place else { return };
    let key = |place: &PlaceReport| (place.tick, place.step_a, place.step_b);
    let order = match state {
        Some(state) if key(state) == key(place) => ", with the state",
        Some(_) => ", before the state does",
        None => ", and the state does not",
    };
    let codes: Vec<_> = place.regions.iter().take(SHOWN).map(|region| region.region.as_str()).collect();
    let more = place.regions_total.saturating_sub(codes.len());
    let more = if more > 0 { format!(" and {more} more regions") } else { String::new() };
    let regions = if codes.is_empty() { String::new() } else { format!(", in {}{more}", codes.join(", ")) };
    let _ = writeln!(page, "\n{name}: first differs {}{order}{regions}", place.when());
}

fn write_places(page: &mut String, place: &PlaceReport) {
    let _ = writeln!(page, "  {} in {}", count(place.blocks_total, "block"), count(place.regions_total, "region"));
    let regions = (place.regions.as_slice(), place.regions_total);
    listed(page, regions, |region| format!("region {}: {} of {} blocks", region.region, region.blocks, region.of));
    listed(page, (place.blocks.as_slice(), place.blocks_total), |block| {
        format!("block {}: agents {} to {} (region {})", block.block, block.first_agent, block.last_agent, block.region)
    });
    if let Some(total) = place.agents_total {
        let ids: Vec<_> = place.agents.iter().take(SHOWN).map(u32::to_string).collect();
        let more = if total > ids.len() { ", ..." } else { "" };
        let _ = writeln!(page, "  {}, by the files' hashes: {}{more}", count(total, "agent"), ids.join(", "));
    }
}

fn write_rerun(page: &mut String, rerun: &RerunReport) {
    let name = rerun.file;
    if let Some(why) = &rerun.refused {
        let _ = writeln!(page, "  {name}: not done, for {why}");
    }
    if rerun.reproduced {
        let tick = rerun.tick.unwrap_or_default();
        let _ = writeln!(
            page,
            "  {name}: gives what the file says, {} up to tick {tick}",
            count(rerun.moments as usize, "moment")
        );
    }
    let Some(place) = rerun.departure() else { return };
    let first = place.when();
    let _ = writeln!(page, "  {name}: NOT REPRODUCIBLE HERE; the file first departs {first} from what comes out");
    let parts = [("environment", &rerun.environment), ("metrics", &rerun.metrics), ("state", &rerun.state)];
    let parts: Vec<_> = parts.iter().filter(|(_, place)| place.is_some()).map(|(name, _)| *name).collect();
    let _ = writeln!(page, "  what differs: {}", parts.join(", "));
    if let Some(state) = &rerun.state {
        write_places(page, state);
    }
}

fn agent(agent: &AgentReport) -> String {
    let differences = if agent.traits.is_empty() { &agent.bytes } else { &agent.traits };
    let said: Vec<_> = differences.iter().map(|field| format!("{} {}", field.field, versus(field))).collect();
    format!("agent {} (region {}): {}", agent.agent, agent.region, said.join(", "))
}

fn versus(field: &FieldDifference) -> String {
    let shown = |value: &Option<Value>| {
        let text = match value {
            None => "nothing".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let short: String = text.chars().take(VALUE_CHARS).collect();
        if short.len() < text.len() { format!("{short}...") } else { text }
    };
    format!("{} vs {}", shown(&field.a), shown(&field.b))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn list<T>(page: &mut String, items: &[T], shown: usize, line: impl Fn(&T) -> String) {
    for item in items.iter().take(shown) {
        let _ = writeln!(page, "  {}", line(item));
    }
    if items.len() > shown {
        let _ = writeln!(page, "  and {} more", items.len() - shown);
    }
}

/// A list of which only the first items are at hand.
fn listed<T>(page: &mut String, (items, total): (&[T], usize), line: impl Fn(&T) -> String) {
    list(page, &items[..items.len().min(SHOWN)], SHOWN, line);
    if total > SHOWN {
        let _ = writeln!(page, "  and {} more", total - SHOWN);
    }
}
