//! The agents that differ between two runs at a moment, trait by trait: what is left to know once a block is known to
//! differ.

use civitas_engine::{AgentView, Layout, Replay, TraitKind};
use serde_json::Value;

use super::report::{AgentReport, FieldDifference};

/// Agents that are looked at.
pub(super) const MAX_AGENTS_SHOWN: usize = 10;

/// The first agents that differ within these blocks.
pub(super) fn differing(a: &Replay, b: &Replay, layout: &Layout, blocks: &[u32]) -> Vec<AgentReport> {
    let ids = blocks.iter().flat_map(|&block| layout.block_agents(block));
    let pairs = ids.filter_map(|id| a.agent(id).zip(b.agent(id)));
    let differ = |(one, other): &(AgentView, AgentView)| {
        let mut traits = one.traits.iter().zip(&other.traits);
        let bytes = one.saved != other.saved || one.published != other.published || one.letters != other.letters;
        bytes || traits.any(|(a, b)| !same(*a, *b))
    };
    pairs.filter(differ).take(MAX_AGENTS_SHOWN).map(|(one, other)| report(a, b, &one, &other)).collect()
}

fn report(a: &Replay, b: &Replay, one: &AgentView, other: &AgentView) -> AgentReport {
    let (known, theirs) = (a.world().model.traits(), b.world().model.traits());
    let same_words = known.len() == theirs.len() && known.iter().zip(theirs).all(|(a, b)| a.name == b.name);
    let values = known.iter().zip(one.traits.iter().zip(&other.traits)).filter(|_| same_words);
    let values = values.filter(|(_, (a, b))| !same(**a, **b));
    let traits = values.map(|(known, (&a, &b))| {
        FieldDifference::new(known.name.to_owned(), Some(shown(&known.kind, a)), Some(shown(&known.kind, b)))
    });
    let bytes = |name: &str, a: &[u8], b: &[u8]| {
        (a != b).then(|| FieldDifference::new(name.to_owned(), Some(hex(a).into()), Some(hex(b).into())))
    };
    let saved = bytes("saved state", &one.saved, &other.saved);
    let published = bytes("published", &one.published, &other.published);
    let letters = bytes("letters written", &one.letters, &other.letters);
    AgentReport {
        agent: one.id,
        region: a.world().dataset.regions()[one.region].code.clone(),
        traits: traits.collect(),
        bytes: saved.into_iter().chain(published).chain(letters).collect(),
    }
}

/// By bits, for that is what differs in the state; what is no number in both is the same.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// The value of a trait for people. Models hold most numbers in 32 bits; these are shown with the digits that they have.
fn shown(kind: &TraitKind, value: f64) -> Value {
    match kind {
        TraitKind::Number { .. } => {
            let short = value as f32;
            let exact = f64::from(short).to_bits() == value.to_bits();
            let short = if exact { short.to_string().parse().unwrap_or(value) } else { value };
            // What is no finite number has no place in JSON but as text.
            serde_json::Number::from_f64(short).map_or_else(|| value.to_string().into(), Value::Number)
        }
        TraitKind::Flag => Value::from(value != 0.0),
        TraitKind::Choice(labels) => {
            labels.get(value.max(0.0) as usize).map_or_else(|| value.to_string().into(), |&label| Value::from(label))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_with_the_digits_that_they_have() {
        let number = TraitKind::Number { unit: "1", min: 0.0, max: 1.0 };
        assert_eq!(shown(&number, f64::from(0.31_f32)), json!(0.31));
        assert_eq!(shown(&number, 0.1 + 0.2), json!(0.30000000000000004));
        assert_eq!(shown(&number, f64::NAN), json!("NaN"));
        assert_eq!(shown(&TraitKind::Flag, 1.0), json!(true));
        assert_eq!(shown(&TraitKind::Choice(&["a", "b"]), 1.0), json!("b"));
    }
}
