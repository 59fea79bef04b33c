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

mod persona;

use crate::draws::Draws;
use crate::fixed;
use crate::model::{
    Around, Message, Metric, Model, Newborn, Parameter, Parameters, Peers, Report, State, Summary, Trait, Variable,
};

/// Rogers' categories: share of the population, mean threshold, mean initial opinion, share of the innovation
/// hazard. Shares are Rogers' (1962); the others order the categories as he describes them.
const CATEGORIES: [(f32, f32, f32, f32); 5] = [
    (0.025, 0.00, 0.45, 4.0),
    (0.135, 0.05, 0.25, 2.0),
    (0.340, 0.15, 0.05, 1.0),
    (0.340, 0.30, -0.10, 0.5),
    (0.160, 0.50, -0.30, 0.1),
];

/// Bits of a published opinion's fraction.
const OPINION_BITS: u32 = 14;
/// Steps of a published opinion in one unit.
const OPINION_STEPS: f32 = (1 << OPINION_BITS) as f32;
/// The strongest opinion: one step short of 1, so that an opinion and the adopted flag fit two bytes.
const MAX_OPINION: f32 = 1.0 - 1.0 / OPINION_STEPS;
/// A published opinion above this (0.2) is a supporter's, below its negative a skeptic's.
const SUPPORT_STEPS: i32 = (0.2 * OPINION_STEPS) as i32;

const ADOPTED: usize = 0;
const SENTIMENT: usize = 1;
const SUPPORTERS: usize = 2;
const NEUTRAL: usize = 3;
const SKEPTICS: usize = 4;

const ECONOMY: usize = 0;
const MEDIA: usize = 1;
const TRUST: usize = 2;
const PRICE: usize = 3;

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

/// One agent, in 12 bytes. Traits in [0, 1] are kept in steps of 1/255.
#[derive(Clone, Copy, Debug)]
pub struct Citizen {
    /// Opinion, -1 to 1.
    pub opinion: f32,
    /// The initial opinion, in steps of 1/16384.
    pub attachment: i16,
    /// Openness to others, against attachment to the initial opinion.
    pub susceptibility: u8,
    /// Weight of the media against peers.
    pub exposure: u8,
    /// Share of peers that must have adopted before imitation acts.
    pub threshold: u8,
    /// Place in [`Model::SEGMENTS`].
    pub segment: u8,
    /// Has adopted.
    pub adopted: bool,
}

impl State for Citizen {
    type Saved = (f32, bool);

    fn save(&self) -> (f32, bool) {
        (self.opinion, self.adopted)
    }

    fn load(&mut self, (opinion, adopted): (f32, bool)) {
        self.opinion = opinion;
        self.adopted = adopted;
    }
}

const fn parameter(
    name: &'static str,
    unit: &'static str,
    range: (f64, f64),
    default: f64,
    description: &'static str,
) -> Parameter {
    Parameter { name, unit, min: range.0, max: range.1, default, description }
}

const fn variable(name: &'static str, description: &'static str) -> Variable {
    Variable { name, default: 0.5, description }
}

const fn share(name: &'static str, description: &'static str) -> Metric {
    Metric { name, unit: "share of agents", description }
}

impl Model for Society {
    type Agent = Citizen;
    type Published = i16;

    const NAME: &'static str = "society";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 2;
    const DRAWS_AT_BIRTH: usize = 6;
    const SEGMENTS: &'static [&'static str] =
        &["innovators", "early_adopters", "early_majority", "late_majority", "laggards"];

    const PARAMETERS: &'static [Parameter] = &[
        parameter("innovation", "per tick", (0.0, 1.0), 0.002, "Hazard of adopting without any example (Bass' p)"),
        parameter("imitation", "per tick", (0.0, 1.0), 0.11, "Hazard of adopting when all peers have (Bass' q)"),
        parameter(
            "pace",
            "per tick",
            (0.0, 1.0),
            0.1,
            "Share of the way to its new opinion that an agent goes in a tick",
        ),
        parameter("noise", "opinion", (0.0, 1.0), 0.02, "Largest random change of opinion in a tick"),
        parameter("visibility", "opinion", (0.0, 1.0), 0.25, "Pull on opinion when all peers have adopted"),
        parameter("susceptibility", "1", (0.0, 1.0), 0.7, "Mean susceptibility to others, against attachment"),
        parameter("media_exposure", "1", (0.0, 1.0), 0.2, "Mean weight of the media against peers"),
        parameter("opinion_spread", "opinion", (0.0, 1.0), 0.3, "Standard deviation of initial opinions in a category"),
        parameter("economy_effect", "1", (0.0, 5.0), 1.0, "Effect of economy_confidence on the hazard"),
        parameter("price_effect", "1", (0.0, 5.0), 0.5, "Effect of price_sensitivity on the hazard"),
        parameter(
            "media_gain",
            "1",
            (0.0, 2.0),
            0.4,
            "Gain by which a region's mean opinion feeds its media_sentiment",
        ),
    ];

    const VARIABLES: &'static [Variable] = &[
        variable("economy_confidence", "How well off people expect to be: raises the hazard of adopting"),
        variable("media_sentiment", "How favourably the media report; follows the region's mean opinion"),
        variable("social_trust", "How much people let others' opinions move their own"),
        variable("price_sensitivity", "How much the price counts: lowers the hazard of adopting"),
    ];

    const METRICS: &'static [Metric] = &[
        share("adoption_rate", "Agents that have adopted"),
        Metric { name: "sentiment", unit: "opinion, -1 to 1", description: "Mean opinion" },
        share("supporters", "Agents with an opinion above 0.2"),
        share("neutral", "Agents with an opinion from -0.2 to 0.2"),
        share("skeptics", "Agents with an opinion below -0.2"),
    ];

    const REPORT: Report = Report {
        summary: &[("adoption_rate", ADOPTED, Summary::Final), ("sentiment_shift", SENTIMENT, Summary::Change)],
        distribution: &[("supporters", SUPPORTERS), ("neutral", NEUTRAL), ("skeptics", SKEPTICS)],
        trends: &[("adoption_rate", ADOPTED), ("sentiment", SENTIMENT)],
        milestones: &[
            (ADOPTED, 0.16, "Adoption passes 16 %, the share of innovators and early adopters together"),
            (ADOPTED, 0.50, "Adoption passes 50 %: half of the society has adopted"),
            (ADOPTED, 0.84, "Adoption passes 84 %: as few are left as there are laggards"),
        ],
        swings: &[(ADOPTED, "adoption_surge"), (SENTIMENT, "sentiment_swing")],
        headline: ADOPTED,
    };

    const TRAITS: &'static [Trait] = persona::TRAITS;
    const HEARS: bool = true;

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

    fn create(&self, _: Newborn, draws: &mut Draws<'_>) -> Citizen {
        let segment = category(draws.unit());
        let (_, threshold, mean, _) = CATEGORIES[segment];
        let opinion = (mean + self.spread * draws.normal()).clamp(-MAX_OPINION, MAX_OPINION);
        let attachment = steps(opinion) as i16;
        Citizen {
            opinion: f32::from(attachment) / OPINION_STEPS,
            attachment,
            susceptibility: to_byte(around(self.susceptibility, 0.2, draws)),
            exposure: to_byte(around(self.exposure, 0.5 * self.exposure, draws)),
            threshold: to_byte(around(threshold, 0.5 * threshold, draws)),
            segment: segment as u8,
            adopted: false,
        }
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

    /// Two additions per agent instead of five: opinions in one number per segment, and the three counts, none of which
    /// can exceed the 64 agents of a block, side by side in another.
    fn measure_block(&self, agents: &[Citizen], sums: &mut [i64]) {
        // Eight rows, so that a mask keeps the index inside.
        let mut opinions = [0i64; 8];
        let mut counts = [0u64; 8];
        for agent in agents {
            let opinion = steps(agent.opinion);
            let flags = u64::from(agent.adopted)
                | u64::from(opinion > SUPPORT_STEPS) << 16
                | u64::from(opinion < -SUPPORT_STEPS) << 32
                | 1 << 48;
            let segment = usize::from(agent.segment) & 7;
            opinions[segment] += i64::from(opinion);
            counts[segment] += flags;
        }
        for (row, (opinions, counts)) in sums.chunks_exact_mut(Self::METRICS.len()).zip(opinions.iter().zip(counts)) {
            let count = |place: u32| (counts >> place & 0xffff) as i64 * fixed::ONE;
            row[ADOPTED] += count(0);
            row[SENTIMENT] += opinions << (fixed::FRACTION_BITS - OPINION_BITS);
            row[SUPPORTERS] += count(16);
            row[SKEPTICS] += count(32);
            row[NEUTRAL] += count(48) - count(16) - count(32);
        }
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

    fn hear(&self, agent: &mut Citizen, message: Message) {
        self.listen(agent, message);
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
    for value in peers.iter() {
        all += i32::from(value);
        adopters += i32::from(value & 1);
    }
    if count == 0 {
        return (agent.opinion, 0.0);
    }
    let each = 1.0 / count as f32;
    ((all - adopters) as f32 * each * (0.5 / OPINION_STEPS), adopters as f32 * each)
}

/// An opinion in published steps, rounded to the nearest.
#[inline]
fn steps(opinion: f32) -> i32 {
    fixed::round_small(opinion * OPINION_STEPS)
}

fn category(unit: f32) -> usize {
    let mut below = 0.0;
    let last = CATEGORIES.len() - 1;
    CATEGORIES[..last]
        .iter()
        .position(|(share, ..)| {
            below += share;
            unit < below
        })
        .unwrap_or(last)
}

/// A trait in [0, 1], uniform around its mean; the spread shrinks towards the ends, so that the mean is kept.
fn around(mean: f32, spread: f32, draws: &mut Draws<'_>) -> f32 {
    mean + spread.min(mean).min(1.0 - mean) * draws.signed()
}

fn to_byte(unit: f32) -> u8 {
    (unit.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[inline]
fn from_byte(byte: u8) -> f32 {
    f32::from(byte) * (1.0 / 255.0)
}

#[cfg(test)]
mod tests;
