//! `society`: opinions spread and something new is adopted.
//!
//! Every agent belongs to one of Rogers' (1962) adopter categories, holds an opinion in [-1, 1] that its peers and
//! the media pull at while it stays attached to where it began (Friedkin & Johnsen 1990), and adopts once, by a
//! hazard with an innovation and an imitation part (Bass 1969), the second only where enough of those it listens to
//! have adopted (Granovetter 1978).
//!
//! With x the opinion, x0 the initial one, s susceptibility, m media exposure, w the mean opinion of peers (its own
//! without any), a the share of peers that adopted, M = 2 media_sentiment - 1, T = 2 social_trust, u uniform in
//! [-1, 1):
//!
//! - target  = (1 - m) (w + visibility * a) + m M
//! - s'      = min(1, s T)
//! - x(t+1)  = x + pace (s' target + (1 - s') x0 - x) + noise u, clamped to ±(1 - 1/16384)
//! - means   = max(0, 1 + 2 economy_effect (economy_confidence - 1/2) - 2 price_effect (price_sensitivity - 1/2))
//! - hazard  = (innovation * c + imitation * a [a >= threshold]) * (1 + x(t+1)) * means, clamped to [0, 1]
//!
//! where c is the category's share of the innovation hazard. With pace = 1, noise = 0, visibility = 0, m = 0 and T = 1
//! the opinion is Friedkin & Johnsen's; for an agent with x = 0, c = 1, threshold 0 and means = 1 the hazard is Bass'. Opinions are published
//! in steps of 1/16384 together with the adopted flag, in two bytes.

mod citizen;
mod persona;
mod words;

use crate::draws::Draws;
use crate::fixed;
use crate::model::{Around, Message, Metric, Model, Newborn, Parameter, Parameters, Peers, Report, Trait, Variable};

pub use citizen::Citizen;
use citizen::{CATEGORIES, MAX_OPINION, OPINION_BITS, OPINION_STEPS, SUPPORT_STEPS, from_byte, steps};
use words::{ADOPTED, ECONOMY, MEDIA, PRICE, SENTIMENT, TRUST};

/// The model; see the module's documentation for its equations.
#[derive(Clone, Debug)]
pub struct Society {
    innovation: f32,
    imitation: f32,
    pace: f32,
    noise: f32,
    visibility: f32,
    susceptibility: f32,
    exposure: f32,
    spread: f32,
    economy_effect: f32,
    price_effect: f32,
    media_gain: f32,
}

impl Model for Society {
    type Agent = Citizen;
    type Published = i16;
    type Mail = ();

    const NAME: &'static str = "society";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 2;
    const DRAWS_AT_BIRTH: usize = 6;
    const SEGMENTS: &'static [&'static str] =
        &["innovators", "early_adopters", "early_majority", "late_majority", "laggards"];

    const PARAMETERS: &'static [Parameter] = words::PARAMETERS;

    const VARIABLES: &'static [Variable] = words::VARIABLES;

    const METRICS: &'static [Metric] = words::METRICS;

    const REPORT: Report = words::REPORT;

    const TRAITS: &'static [Trait] = persona::TRAITS;
    const HEARS: bool = true;
    const BORN_INTO_SEGMENTS: bool = true;
    const MEETS_STRANGERS: bool = true;

    fn new(parameters: &Parameters) -> Self {
        Self {
            innovation: parameters.get("innovation"),
            imitation: parameters.get("imitation"),
            pace: parameters.get("pace"),
            noise: parameters.get("noise"),
            visibility: parameters.get("visibility"),
            susceptibility: parameters.get("susceptibility"),
            exposure: parameters.get("media_exposure"),
            spread: parameters.get("opinion_spread"),
            economy_effect: parameters.get("economy_effect"),
            price_effect: parameters.get("price_effect"),
            media_gain: parameters.get("media_gain"),
        }
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> Citizen {
        Citizen::drawn(newborn.segment, self.spread, self.susceptibility, self.exposure, draws)
    }

    #[inline]
    fn publish(&self, agent: &Citizen) -> i16 {
        // The opinion in the upper 15 bits, the flag in the lowest: v = 2 * opinion + adopted.
        (steps(agent.opinion) as i16) << 1 | i16::from(agent.adopted)
    }

    #[inline]
    fn segment(&self, agent: &Citizen) -> usize {
        usize::from(agent.segment)
    }

    #[inline]
    fn step(&self, agent: &mut Citizen, around: Around<'_, i16>, draws: &mut Draws<'_>) {
        let Around { peers, environment, .. } = around;
        let (heard, adopted_share) = heard(agent, peers);
        let exposure = from_byte(agent.exposure);
        let media = 2.0 * environment[MEDIA] - 1.0;
        let target = (1.0 - exposure) * (heard + self.visibility * adopted_share) + exposure * media;
        let open = self.openness(agent, environment);
        let anchor = f32::from(agent.attachment) * (1.0 / OPINION_STEPS);
        let pull = open * target + (1.0 - open) * anchor - agent.opinion;
        let shock = self.noise * draws.signed();
        agent.opinion = (agent.opinion + self.pace * pull + shock).clamp(-MAX_OPINION, MAX_OPINION);

        agent.adopted |= draws.chance(self.hazard(agent, adopted_share, environment));
    }

    #[inline]
    fn measure(&self, agent: &Citizen, sums: &mut [i64]) {
        let opinion = steps(agent.opinion);
        let supporter = i64::from(opinion > SUPPORT_STEPS) << fixed::FRACTION_BITS;
        let skeptic = i64::from(opinion < -SUPPORT_STEPS) << fixed::FRACTION_BITS;
        // One check of the length instead of five.
        let [adopted, sentiment, supporters, neutral, skeptics] = sums else { return };
        *adopted += i64::from(agent.adopted) << fixed::FRACTION_BITS;
        *sentiment += i64::from(opinion) << (fixed::FRACTION_BITS - OPINION_BITS);
        *supporters += supporter;
        *neutral += fixed::ONE - supporter - skeptic;
        *skeptics += skeptic;
    }

    fn measure_block(&self, agents: &[Citizen], published: &[i16], sums: &mut [i64]) {
        citizen::measure(agents, published, sums);
    }

    /// `media_sentiment = base + media_gain * mean opinion / 2`.
    fn feedback(&self, base: &[f32], means: &[f64], now: &mut [f32]) {
        now[MEDIA] = base[MEDIA] + self.media_gain * 0.5 * means[SENTIMENT] as f32;
    }

    fn trait_value(&self, agent: &Citizen, place: usize) -> f64 {
        self.value_of(agent, place)
    }

    fn set_trait(&self, agent: &mut Citizen, place: usize, value: f64) {
        self.set_value(agent, place, value);
    }

    fn endow(&self, agent: &mut Citizen, place: usize, value: f64) {
        self.give(agent, place, value);
    }

    fn hear(&self, agent: &mut Citizen, message: Message, environment: &[f32]) {
        self.listen(agent, message, environment);
    }

    /// Of the mean opinion, and an adopter as often as agents are: what is heard is linear in both.
    fn stranger(&self, means: &[f64], draws: &mut Draws<'_>) -> i16 {
        let opinion = steps((means[SENTIMENT] as f32).clamp(-MAX_OPINION, MAX_OPINION)) as i16;
        opinion << 1 | i16::from(draws.chance(means[ADOPTED] as f32))
    }

    fn explain(&self, agent: &Citizen, around: Around<'_, i16>) -> String {
        self.reasons(agent, around.peers, around.environment)
    }
}

impl Society {
    /// `s' = min(1, s T)`.
    #[inline]
    fn openness(&self, agent: &Citizen, environment: &[f32]) -> f32 {
        (from_byte(agent.susceptibility) * 2.0 * environment[TRUST]).min(1.0)
    }

    /// The hazard of adopting in a tick, with the agent's opinion as it is.
    #[inline]
    fn hazard(&self, agent: &Citizen, adopted_share: f32, environment: &[f32]) -> f32 {
        let means = 1.0 + 2.0 * self.economy_effect * (environment[ECONOMY] - 0.5)
            - 2.0 * self.price_effect * (environment[PRICE] - 0.5);
        let reached = adopted_share >= from_byte(agent.threshold);
        let imitation = if reached { self.imitation * adopted_share } else { 0.0 };
        let innovation = self.innovation * CATEGORIES[usize::from(agent.segment)].3;
        (innovation + imitation) * (1.0 + agent.opinion) * means.max(0.0)
    }
}

/// The mean opinion of peers (the agent's own without any) and the share of them that adopted.
#[inline]
fn heard(agent: &Citizen, peers: Peers<'_, i16>) -> (f32, f32) {
    let count = peers.len() as i32;
    let (mut all, mut adopters) = (0i32, 0i32);
    for value in peers.iter().map(i32::from) {
        all += value;
        adopters += value & 1;
    }
    if count == 0 {
        return (agent.opinion, 0.0);
    }
    let each = 1.0 / count as f32;
    ((all - adopters) as f32 * each * (0.5 / OPINION_STEPS), adopters as f32 * each)
}

#[cfg(test)]
mod tests;
