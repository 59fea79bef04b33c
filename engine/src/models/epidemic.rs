//! `epidemic`: an infection spreads by contact, in the stages of Kermack & McKendrick (1927): susceptible, exposed,
//! infectious, recovered.
//!
//! With k infectious agents among those that a susceptible agent listens to, I the share of all agents that are
//! infectious, b = `transmission`, m = `mixing` and c = 1 - `contact_reduction`, it escapes infection in a tick with
//! probability (1 - b c)^k exp(-m c I): per contact as in Reed & Frost's chain binomial model (Abbey 1952), and well mixed
//! by mass action. Exposed agents become infectious after `incubation` ticks on average, at once where that is 0;
//! infectious ones recover with probability `recovery` in every tick; recovered ones lose their immunity with probability
//! `waning`. Well mixed, the basic reproduction number is `mixing` / `recovery`, and the final size z solves
//! z = 1 - exp(-R0 z) (Miller 2012).

mod words;

use crate::draws::Draws;
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Report, Rest, Trait, Variable};
use words::{EXPOSED, INFECTIOUS, RECOVERED, STAGES, SUSCEPTIBLE};

/// The model; see the module's documentation for its equations.
#[derive(Clone, Debug)]
pub struct Epidemic {
    transmission: f64,
    mixing: f64,
    /// Chance of being infected by so many infectious contacts, where nothing reduces contacts.
    risks: [f64; 32],
    /// Chance of leaving each stage within a tick; that of the susceptible depends on others.
    leaving: [f32; 4],
    initial_share: f64,
}

impl Model for Epidemic {
    /// The stage.
    type Agent = u8;
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = "epidemic";
    const VERSION: &'static str = "2";

    const PARAMETERS: &'static [Parameter] = words::PARAMETERS;
    const VARIABLES: &'static [Variable] = words::VARIABLES;
    const METRICS: &'static [Metric] = words::METRICS;
    const REPORT: Report = words::REPORT;
    const TRAITS: &'static [Trait] = words::TRAITS;
    const MUTUAL: bool = true;
    const RESTS: bool = true;
    const MEETS_STRANGERS: bool = true;

    fn check(parameters: &Parameters) -> Result<()> {
        let incubation = parameters.exact("incubation");
        if incubation == 0.0 || incubation >= 1.0 {
            return Ok(());
        }
        let problem = format!(
            "must be 0 or at least 1, not {incubation}: whoever is exposed stays so for a tick, and mean periods below one \
             are for shorter ticks"
        );
        Err(EngineError::invalid("parameters.incubation", problem))
    }

    fn new(parameters: &Parameters) -> Self {
        let incubation = parameters.get("incubation");
        let onset = if incubation > 0.0 { 1.0 / incubation } else { 0.0 };
        let transmission = parameters.exact("transmission");
        Self {
            transmission,
            risks: std::array::from_fn(|infectious| at_least_once(transmission, infectious as u32)),
            mixing: parameters.exact("mixing"),
            leaving: [0.0, onset, parameters.get("recovery"), parameters.get("waning")],
            initial_share: parameters.exact("initial_share"),
        }
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> u8 {
        if newborn.among(self.initial_share) { INFECTIOUS } else { SUSCEPTIBLE }
    }

    #[inline]
    fn publish(&self, stage: &u8) -> u8 {
        u8::from(*stage == INFECTIOUS)
    }

    // Called from two loops, with and without those who rest.
    #[inline(always)]
    fn step(&self, stage: &mut u8, around: Around<'_, u8>, draws: &mut Draws<'_>) {
        // One question for all stages, mostly answered no: a branch that is easy to foretell.
        let chance = match *stage {
            SUSCEPTIBLE => self.risk(&around),
            stage => self.leaving[usize::from(stage) % STAGES.len()],
        };
        if draws.chance(chance) {
            *stage = match *stage {
                SUSCEPTIBLE if self.leaving[usize::from(EXPOSED)] == 0.0 => INFECTIOUS,
                RECOVERED => SUSCEPTIBLE,
                stage => stage + 1,
            };
        }
    }

    /// Only contacts with the infectious do anything to the susceptible, unless all mix.
    #[inline]
    fn rest(&self, stage: &u8) -> Rest {
        match *stage {
            SUSCEPTIBLE if self.mixing == 0.0 => Rest::UntilRoused,
            RECOVERED if self.leaving[usize::from(RECOVERED)] == 0.0 => Rest::ForGood,
            _ => Rest::Awake,
        }
    }

    #[inline]
    fn rouses(&self, infectious: &u8) -> bool {
        *infectious == 1
    }

    #[inline]
    fn values(&self, stage: &u8, values: &mut [f32]) {
        values[usize::from(*stage)] = 1.0;
    }

    /// Counts in bytes, for a block has no more agents than one can count.
    #[inline]
    fn measure_block(&self, stages: &[u8], _: &[u8], sums: &mut [i64]) {
        for (stage, sum) in (0u8..).zip(sums) {
            let count = stages.iter().fold(0u8, |count, &other| count + u8::from(other == stage));
            *sum += i64::from(count) * fixed::ONE;
        }
    }

    fn trait_value(&self, stage: &u8, _: usize) -> f64 {
        f64::from(*stage)
    }

    fn set_trait(&self, stage: &mut u8, _: usize, value: f64) {
        *stage = value as u8;
    }

    fn stranger(&self, means: &[f64], draws: &mut Draws<'_>) -> u8 {
        u8::from(draws.chance(means[usize::from(INFECTIOUS)] as f32))
    }

    fn explain(&self, stage: &u8, around: Around<'_, u8>) -> String {
        let infectious = around.peers.iter().filter(|&infectious| infectious == 1).count();
        let stage = STAGES[usize::from(*stage)];
        let risk = 100.0 * self.risk(&around);
        format!(
            "I am {stage}. Of the {} others that I meet {infectious} are infectious; so are {:.2} % of all. Were I susceptible, \
             my risk of infection in a tick would be {risk:.2} %.",
            around.peers.len(),
            100.0 * around.society[usize::from(INFECTIOUS)],
        )
    }
}

impl Epidemic {
    /// The chance of being infected in a tick.
    #[inline(always)]
    fn risk(&self, around: &Around<'_, u8>) -> f32 {
        let contacts = 1.0 - f64::from(around.environment[0]);
        let mut risk = 0.0;
        if self.transmission > 0.0 {
            let infectious = around.peers.rousing(self);
            risk = match self.risks.get(infectious as usize) {
                Some(&known) if contacts == 1.0 => known,
                _ => at_least_once(self.transmission * contacts, infectious),
            };
        }
        if self.mixing > 0.0 {
            let pressure = self.mixing * contacts * around.society[usize::from(INFECTIOUS)];
            risk = either(risk, -libm::expm1(-pressure));
        }
        risk as f32
    }
}

/// The chance that at least one of two independent things happens. Escapes, 1 - a and 1 - b, would lose the digits of small
/// chances: beside 1 there is none below 1e-16.
#[inline]
fn either(a: f64, b: f64) -> f64 {
    a + b * (1.0 - a)
}

/// `1 - (1 - chance)^times`, time by time.
#[inline]
fn at_least_once(chance: f64, times: u32) -> f64 {
    (0..times).fold(0.0, |risk, _| either(risk, chance))
}

#[cfg(test)]
mod tests;
