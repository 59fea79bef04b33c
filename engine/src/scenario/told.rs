//! What results say of effects: each application, which is one effect or all those of one script of a bundle, as a key event
//! with the agents that it is about. Owns the words; impacts are measured where all key events are.

use crate::coordinator::Coordinator;
use crate::scenario::intensity::Intensity;
use crate::scenario::{Cause, Effect};

/// Regions or segments that a sentence names; more are counted.
const MAX_NAMED: usize = 6;

/// What has begun: when, what is said of it, how many agents it is about, and what it came from.
pub(crate) struct Begun {
    pub(crate) tick: u32,
    pub(crate) said: String,
    pub(crate) affected_agents: Option<u64>,
    pub(crate) cause: Option<Cause>,
}

/// The applications under which a tick was stepped, in the order of the scenario.
pub(crate) fn applications(run: &Coordinator) -> Vec<Begun> {
    let world = run.world();
    let begun = run.course().begun(&world.layout, run.series().tick()).into_iter();
    let told = begun.map(|(place, tick, affected_agents)| {
        let application = &world.programme.applications[place];
        let effects: Vec<&Effect> = application.effects.iter().map(|&effect| &world.spec.effects[effect]).collect();
        let mut said = effects.iter().take(MAX_NAMED).map(|effect| sentence(effect)).collect::<Vec<_>>().join(", ");
        if let Some(more) = effects.len().checked_sub(MAX_NAMED).filter(|more| *more > 0) {
            said += &format!(" and {more} effects more");
        }
        if let Some(cause) = &application.cause {
            said = format!("{}: {said}", cause.script);
        }
        Begun { tick, said, affected_agents, cause: application.cause.clone() }
    });
    told.collect()
}

/// What an effect does.
fn sentence(effect: &Effect) -> String {
    let Effect { variable, value, .. } = effect;
    let done = match effect.operation.as_str() {
        "add" => format!("{variable} shifted by {value:+}"),
        "multiply" => format!("{variable} multiplied by {value}"),
        "set" => format!("{variable} set to {value}"),
        "min" => format!("{variable} at most {value}"),
        _ => format!("{variable} at least {value}"),
    };
    let regions =
        effect.scope.regions.as_ref().map_or_else(|| " everywhere".to_owned(), |named| among("in", "regions", named));
    let segments = effect.scope.segments.as_ref().map_or_else(String::new, |named| among("for", "segments", named));
    let until = effect.until_tick.map_or_else(String::new, |until| format!(" until tick {until}"));
    let shape = match effect.intensity {
        Intensity::Step => String::new(),
        ref other => format!(" ({})", other.as_str().replace('_', " ")),
    };
    format!("{done}{regions}{segments}{until}{shape}")
}

fn among(preposition: &str, what: &str, names: &[String]) -> String {
    match names.len() {
        0..=MAX_NAMED => format!(" {preposition} {}", names.join(", ")),
        many => format!(" {preposition} {many} {what}"),
    }
}
