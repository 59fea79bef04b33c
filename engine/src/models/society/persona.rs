//! What can be known of a citizen from outside: its traits by name, and its reasons in words.

use std::fmt::Write;

use super::citizen::{Citizen, MAX_OPINION, OPINION_STEPS, SUPPORT_STEPS, from_byte, steps, to_byte};
use super::words::{ECONOMY, MEDIA, PRICE, TRUST};
use super::{Society, heard};
use crate::model::{Message, Model, Peers, Trait, TraitKind};

const OPINION: usize = 0;
const INITIAL_OPINION: usize = 1;
const SUSCEPTIBILITY: usize = 2;
const EXPOSURE: usize = 3;
const THRESHOLD: usize = 4;
const ADOPTED: usize = 5;
const STANCE: usize = 6;
const CATEGORY: usize = 7;

const STANCES: &[&str] = &["skeptic", "neutral", "supporter"];

const fn number(name: &'static str, min: f64, description: &'static str) -> Trait {
    Trait { name, kind: TraitKind::Number { unit: "1", min, max: 1.0 }, settable: true, memory: true, description }
}

/// See [`Model::TRAITS`].
pub(super) const TRAITS: &[Trait] = &[
    number("opinion", -1.0, "What the agent thinks of it; given at birth, the opinion that it returns to as well"),
    number("initial_opinion", -1.0, "The opinion that the agent stays attached to"),
    number("susceptibility", 0.0, "Openness to others, against attachment to the initial opinion"),
    number("media_exposure", 0.0, "Weight of the media against peers"),
    number("threshold", 0.0, "Share of those it listens to that must have adopted before it imitates"),
    Trait {
        name: "adopted",
        kind: TraitKind::Flag,
        settable: true,
        memory: false,
        description: "Has adopted; a new round begins without, or as it was at birth",
    },
    Trait {
        name: "stance",
        kind: TraitKind::Choice(STANCES),
        settable: false,
        memory: true,
        description: "Its opinion in a word: below -0.2, between, above 0.2",
    },
    Trait {
        name: "adopter_category",
        kind: TraitKind::Choice(Society::SEGMENTS),
        settable: false,
        memory: true,
        description: "Rogers' category, which is its segment",
    },
];

impl Society {
    pub(super) fn value_of(&self, agent: &Citizen, place: usize) -> f64 {
        match place {
            OPINION => agent.opinion.into(),
            INITIAL_OPINION => f64::from(agent.attachment) / f64::from(OPINION_STEPS),
            SUSCEPTIBILITY => from_byte(agent.susceptibility).into(),
            EXPOSURE => from_byte(agent.exposure).into(),
            THRESHOLD => from_byte(agent.threshold).into(),
            ADOPTED => f64::from(u8::from(agent.adopted)),
            STANCE => stance(agent) as f64,
            CATEGORY => agent.segment.into(),
            _ => 0.0,
        }
    }

    pub(super) fn set_value(&self, agent: &mut Citizen, place: usize, value: f64) {
        let value = value as f32;
        let opinion = value.clamp(-MAX_OPINION, MAX_OPINION);
        match place {
            OPINION => agent.opinion = opinion,
            INITIAL_OPINION => agent.attachment = steps(opinion) as i16,
            SUSCEPTIBILITY => agent.susceptibility = to_byte(value),
            EXPOSURE => agent.exposure = to_byte(value),
            THRESHOLD => agent.threshold = to_byte(value),
            ADOPTED => agent.adopted = value != 0.0,
            _ => {}
        }
    }

    /// Who is born with an opinion is attached to it; traits are given in order, so an initial opinion of its own wins.
    pub(super) fn give(&self, agent: &mut Citizen, place: usize, value: f64) {
        self.set_value(agent, place, value);
        if place == OPINION {
            self.set_value(agent, INITIAL_OPINION, value);
        }
    }

    /// `x' = x + strength * s' * (stance - x)`, with s' = min(1, s T) as in a tick: a message is one more voice, as far as
    /// the agent is open.
    pub(super) fn listen(&self, agent: &mut Citizen, message: Message, environment: &[f32]) {
        let pull = message.strength * self.openness(agent, environment) * (message.stance - agent.opinion);
        agent.opinion = (agent.opinion + pull).clamp(-MAX_OPINION, MAX_OPINION);
    }

    pub(super) fn reasons(&self, agent: &Citizen, peers: Peers<'_, i16>, environment: &[f32]) -> String {
        let count = peers.len();
        let (voices, adopted_share) = heard(agent, peers);
        let adopters = (adopted_share * count as f32).round();
        let media = 2.0 * environment[MEDIA] - 1.0;
        let mut words = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            words,
            "My opinion is {:+.2}, so I am {}; I began with {:+.2}.",
            agent.opinion,
            ["a skeptic", "neutral", "a supporter"][stance(agent)],
            f32::from(agent.attachment) / OPINION_STEPS,
        );
        let _ = match count {
            0 => write!(words, " I listen to nobody."),
            1 => write!(words, " I listen to 1 other, whose opinion is {voices:+.2}."),
            _ => write!(words, " I listen to {count} others, whose mean opinion is {voices:+.2}."),
        };
        let _ = write!(
            words,
            " The media say {media:+.2} and have {:.0} % of my ear. I am {:.0} % open to others at a trust of {:.2}.",
            100.0 * from_byte(agent.exposure),
            100.0 * self.openness(agent, environment),
            environment[TRUST],
        );
        if agent.adopted {
            let _ = write!(words, " I have adopted");
        } else {
            let _ = write!(words, " I have not adopted");
        }
        let needed = 100.0 * from_byte(agent.threshold);
        let _ = match (count, adopted_share >= from_byte(agent.threshold)) {
            (0, _) => write!(words, "; nobody is there to imitate."),
            (_, true) => write!(
                words,
                "; {adopters} of those {count} have ({:.0} %), and from {needed:.0} % on I imitate.",
                100.0 * adopted_share
            ),
            (_, false) => write!(
                words,
                "; {adopters} of those {count} have ({:.0} %), and I would need {needed:.0} % to imitate.",
                100.0 * adopted_share
            ),
        };
        if !agent.adopted {
            let chance = self.hazard(agent, adopted_share, environment).clamp(0.0, 1.0);
            let _ = write!(
                words,
                " With an economy of {:.2} and a price sensitivity of {:.2} my chance of adopting in a tick is {:.2} %.",
                environment[ECONOMY],
                environment[PRICE],
                100.0 * chance,
            );
        }
        words
    }
}

fn stance(agent: &Citizen) -> usize {
    let opinion = steps(agent.opinion);
    1 + usize::from(opinion > SUPPORT_STEPS) - usize::from(opinion < -SUPPORT_STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Parameters;
    use proptest::prelude::*;

    fn society() -> Society {
        Society::new(&Parameters::check(Society::PARAMETERS, &Default::default()).unwrap())
    }

    fn citizen() -> impl Strategy<Value = Citizen> {
        (-1.0..1.0f32, -16_383..16_383i16, any::<[u8; 3]>(), 0..5u8, any::<bool>()).prop_map(
            |(opinion, attachment, [susceptibility, exposure, threshold], segment, adopted)| {
                let opinion = opinion.clamp(-MAX_OPINION, MAX_OPINION);
                Citizen { opinion, attachment, susceptibility, exposure, threshold, segment, adopted }
            },
        )
    }

    proptest! {
        #[test]
        fn setting_what_was_read_changes_nothing(agent in citizen()) {
            let model = society();
            for (place, known) in TRAITS.iter().enumerate() {
                let mut other = agent;
                model.set_value(&mut other, place, model.value_of(&agent, place));
                prop_assert_eq!(format!("{other:?}"), format!("{agent:?}"), "{}", known.name);
            }
        }

        #[test]
        fn what_is_set_is_read_back_and_nothing_else_changes(agent in citizen(), unit in 0.0..=1.0f64) {
            let model = society();
            for (place, known) in TRAITS.iter().enumerate().filter(|(_, known)| known.settable) {
                let value = match known.kind {
                    TraitKind::Number { min, max, .. } => min + unit * (max - min),
                    _ => unit.round(),
                };
                let mut other = agent;
                model.set_value(&mut other, place, value);
                prop_assert!((model.value_of(&other, place) - value).abs() <= 0.5 / 255.0 + 1e-6, "{}", known.name);
                for rest in (0..TRAITS.len()).filter(|&rest| rest != place && TRAITS[rest].settable) {
                    prop_assert_eq!(model.value_of(&other, rest), model.value_of(&agent, rest));
                }
            }
        }

        #[test]
        fn a_message_pulls_towards_its_stance_and_no_further(agent in citizen(), stance in -0.9..0.9f32) {
            let mut other = agent;
            society().listen(&mut other, Message { stance, strength: 1.0 }, &[0.5; 4]);
            prop_assert!((stance - other.opinion).abs() <= (stance - agent.opinion).abs() + 1e-6);
        }
    }
}
