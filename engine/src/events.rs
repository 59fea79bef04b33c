//! Key events: what stands out in a run's history. Found from the sums alone, so they are the same however the run
//! was split.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::coordinator::Coordinator;
use crate::fixed;
use crate::model::EventKind;
use crate::reported::EventLog;
use crate::scenario::applications;
use crate::workflow::StepResult;

/// Ticks over which the impact of an intervention is measured.
const IMPACT_WINDOW_TICKS: u32 = 10;
/// How many of the largest changes of a metric are reported.
const SWINGS: usize = 2;
/// Fewest ticks between two reported changes of one metric: a steep slope is one event, not ten.
const SWING_GAP_TICKS: u32 = 10;

/// Something that stands out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyEvent {
    /// When.
    pub tick: u32,
    /// What kind: `intervention`, `scenario_event` for one that has a cause, `milestone`, `first_event`, or the model's name for a large change.
    pub r#type: &'static str,
    /// A sentence.
    pub description: String,
    /// For an intervention or a scenario event the change of the headline metric from before it to 10 ticks after it, all else
    /// included, or what [`KeyEvent::impact_basis`] says;
    /// for a first event the number of events of its kind in the tick, per agent; otherwise the change of the event's
    /// metric within the tick.
    pub impact: f64,
    /// How many agents it is about, of what a scenario's effects bring about; those in its regions and segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected_agents: Option<u64>,
    /// Of a scenario event the name of the event script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a scenario event what its impact is: `window`, the change over the ticks that the description names, or `attribution`,
    /// the difference of the headline metric at the run's end from the same run without the script's whole bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact_basis: Option<&'static str>,
}

impl KeyEvent {
    /// One that is about nobody in particular.
    fn plain(tick: u32, r#type: &'static str, description: String, impact: f64) -> Self {
        Self { tick, r#type, description, impact, affected_agents: None, name: None, impact_basis: None }
    }
}

/// The key events of a run up to its last completed tick, by tick; `twin` is the same run without the bundle whose impact is
/// asked for so.
pub(crate) fn key_events(run: &Coordinator, twin: Option<&Coordinator>) -> Vec<KeyEvent> {
    let mut events = interventions(run, twin);
    events.extend(milestones(run));
    events.extend(swings(run));
    events.extend(firsts(run));
    events.sort_by_key(|event| event.tick);
    events
}

fn mean_at(run: &Coordinator, tick: u32, metric: usize) -> f64 {
    fixed::mean(run.series().overall(tick, metric), u64::from(run.world().layout.agents()))
}

fn change(run: &Coordinator, tick: u32, metric: usize) -> f64 {
    mean_at(run, tick, metric) - mean_at(run, tick - 1, metric)
}

fn interventions(run: &Coordinator, twin: Option<&Coordinator>) -> Vec<KeyEvent> {
    let shifts = shifts(run).into_iter().chain(effects(run, twin));
    let steps = run.report().into_iter().flat_map(|report| &report.steps).zip(run.headline_before());
    let steps = steps.filter_map(|(step, before)| Some(intervention(run, step.tick, *before, said_of(&step.result)?)));
    shifts.chain(steps).collect()
}

/// What the scenario shifts, from when on.
fn shifts(run: &Coordinator) -> Vec<KeyEvent> {
    let headline = run.world().model.report().headline;
    let mut events = Vec::new();
    let mut before = &BTreeMap::new();
    for (tick, now) in run.world().spec.shifts().take_while(|(tick, _)| *tick <= run.series().tick()) {
        let start = run.series().overall(tick, headline);
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        for name in names {
            let [before, delta] = [before, now].map(|deltas| deltas.get(name).copied().unwrap_or(0.0));
            let said = match (before, delta) {
                (before, delta) if before == delta => continue,
                (0.0, delta) => format!("{name} shifted by {delta:+} everywhere"),
                (before, delta) => format!("{name} shifted by {delta:+} everywhere, after {before:+}"),
            };
            events.push(intervention(run, tick, start, said));
        }
        before = now;
    }
    events
}

/// What effects have brought about.
fn effects(run: &Coordinator, twin: Option<&Coordinator>) -> Vec<KeyEvent> {
    let headline = run.world().model.report().headline;
    let attributed = run.world().spec.attributed();
    let told = applications(run).into_iter().map(|begun| {
        let agents = begun.affected_agents.map_or_else(String::new, |agents| format!("; {agents} agents"));
        let (tick, affected_agents, said) = (begun.tick, begun.affected_agents, begun.said + &agents);
        let before = run.series().overall(tick, headline);
        let Some(cause) = begun.cause else {
            return KeyEvent { affected_agents, ..intervention(run, tick, before, said) };
        };
        let twin = twin.filter(|_| attributed == Some(cause.bundle.as_str()));
        let (event, basis) = match twin {
            Some(twin) => (attribution(run, twin, tick, &said), "attribution"),
            None => (intervention(run, tick, before, said), "window"),
        };
        let (name, impact_basis) = (Some(cause.script), Some(basis));
        KeyEvent { r#type: "scenario_event", affected_agents, name, impact_basis, ..event }
    });
    told.collect()
}

/// What the whole of a bundle, of which this began at `tick`, has made of the headline metric by the last completed tick.
fn attribution(run: &Coordinator, twin: &Coordinator, tick: u32, said: &str) -> KeyEvent {
    let (headline, last) = (run.world().model.report().headline, run.series().tick());
    let impact = mean_at(run, last, headline) - mean_at(twin, last, headline);
    let metric = run.world().model.metrics()[headline].name;
    let description = format!("{said}; {metric} {impact:+.4} at tick {last} against the same run without its bundle");
    KeyEvent::plain(tick, "scenario_event", description, impact)
}

/// An intervention at `tick`, with the change of the headline metric, whose sum was `before`, that it brought and that
/// followed.
fn intervention(run: &Coordinator, tick: u32, before: i64, what: String) -> KeyEvent {
    let headline = run.world().model.report().headline;
    let until = (tick + IMPACT_WINDOW_TICKS).min(run.series().tick());
    let impact = mean_at(run, until, headline) - fixed::mean(before, u64::from(run.world().layout.agents()));
    let metric = run.world().model.metrics()[headline].name;
    let description = format!("{what}; {metric} {impact:+.4} in {} ticks", until - tick);
    KeyEvent::plain(tick, "intervention", description, impact)
}

fn changes_agents(step: &StepResult) -> bool {
    matches!(step, StepResult::UpdateState { .. } | StepResult::Message { .. } | StepResult::NextRound { .. })
}

/// What is said of a step that intervenes; other steps only look.
fn said_of(step: &StepResult) -> Option<String> {
    Some(match step {
        StepResult::Environment { key, before, value, .. } => format!("{key} set from {before} to {value}"),
        StepResult::UpdateState { key, value, agents, .. } => format!("{key} of {agents} agents set to {value}"),
        StepResult::Message { stance, agents, .. } => format!("{agents} agents hear a message of stance {stance:+}"),
        StepResult::NextRound { agents, .. } => format!("a new round for {agents} agents"),
        _ => return None,
    })
}

fn milestones(run: &Coordinator) -> Vec<KeyEvent> {
    let passes =
        |tick: u32, metric, level| mean_at(run, tick, metric) >= level && mean_at(run, tick - 1, metric) < level;
    let milestones = run.world().model.report().milestones.iter();
    milestones
        .filter_map(|&(metric, level, description)| {
            let tick = (1..=run.series().tick()).find(|&tick| passes(tick, metric, level))?;
            let impact = change(run, tick, metric);
            Some(KeyEvent::plain(tick, "milestone", description.to_owned(), impact))
        })
        .collect()
}

/// The first event of each kind that the model has and that agents reported.
fn firsts(run: &Coordinator) -> Vec<KeyEvent> {
    let agents = f64::from(run.world().layout.agents());
    let first = |log: &EventLog, kind: usize, known: &EventKind| {
        let tick = log.first_tick(kind)?;
        let count = log.at(tick, kind);
        let description = format!("first {}, {count} in this tick: {}", known.name, known.description);
        let impact = count as f64 / agents;
        Some(KeyEvent::plain(tick, "first_event", description, impact))
    };
    let kinds = run.world().model.events().iter().enumerate();
    run.events().into_iter().flat_map(|log| kinds.clone().filter_map(|(kind, known)| first(log, kind, known))).collect()
}

fn swings(run: &Coordinator) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let steps = run.report().into_iter().flat_map(|report| &report.steps);
    let intervened: BTreeSet<u32> = steps.filter(|step| changes_agents(&step.result)).map(|step| step.tick).collect();
    for &(metric, kind) in run.world().model.report().swings {
        let name = run.world().model.metrics()[metric].name;
        // What was done to agents is no swing of theirs.
        let mut ticks: Vec<u32> = (1..=run.series().tick()).filter(|tick| !intervened.contains(tick)).collect();
        ticks.sort_by(|&a, &b| change(run, b, metric).abs().total_cmp(&change(run, a, metric).abs()).then(a.cmp(&b)));
        let mut taken: Vec<u32> = Vec::new();
        for tick in ticks {
            if taken.len() == SWINGS || change(run, tick, metric) == 0.0 {
                break;
            }
            if taken.iter().all(|other| other.abs_diff(tick) >= SWING_GAP_TICKS) {
                taken.push(tick);
            }
        }
        events.extend(taken.into_iter().map(|tick| {
            let impact = change(run, tick, metric);
            let value = mean_at(run, tick, metric);
            let description = format!("{name} changes by {impact:+.4} within a tick, to {value:.4}");
            KeyEvent::plain(tick, kind, description, impact)
        }));
    }
    events
}
