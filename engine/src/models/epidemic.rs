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

use crate::draws::Draws;
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::model::{
    Around, Metric, Model, Newborn, Parameter, Parameters, Report, Rest, Summary, Trait, TraitKind, Variable,
};

const SUSCEPTIBLE: u8 = 0;
const EXPOSED: u8 = 1;
const INFECTIOUS: u8 = 2;
const RECOVERED: u8 = 3;

const STAGES: &[&str] = &["susceptible", "exposed", "infectious", "recovered"];

/// The model; see the module's documentation for its equations.
#[derive(Clone, Debug)]
pub struct Epidemic {
    transmission: f64,
    mixing: f64,
    /// Chance of leaving each stage within a tick; that of the susceptible depends on others.
    leaving: [f32; 4],
    initial_share: f64,
}

impl Model for Epidemic {
    /// The stage.
    type Agent = u8;
    type Published = u8;

    const NAME: &'static str = "epidemic";
    const VERSION: &'static str = "2";

    const PARAMETERS: &'static [Parameter] = &[
        Parameter::new(
            "transmission",
            "per contact and tick",
            (0.0, 1.0),
            0.05,
            "Chance that one infectious contact infects",
        ),
        Parameter::new(
            "mixing",
            "per tick",
            (0.0, 100.0),
            0.0,
            "Infections that an infectious agent causes in a tick among the whole society, were all susceptible",
        ),
        Parameter::new(
            "incubation",
            "ticks",
            (0.0, 1_000.0),
            0.0,
            "Mean latent period, from infection to being infectious: 0, or 1 and more",
        ),
        Parameter::new("recovery", "per tick", (0.0, 1.0), 0.1, "Chance that an infectious agent recovers"),
        Parameter::new("waning", "per tick", (0.0, 1.0), 0.0, "Chance that a recovered agent is susceptible again"),
        Parameter::share("initial_share", 0.01, "Share of agents that are infectious at the start"),
    ];

    const VARIABLES: &'static [Variable] = &[Variable {
        name: "contact_reduction",
        default: 0.0,
        description: "Share of infectious contacts that do not happen, by policy or caution",
    }];

    const METRICS: &'static [Metric] = &[
        Metric::share("susceptible", "Agents that can be infected"),
        Metric::share("exposed", "Agents that are infected and not yet infectious"),
        Metric::share("infectious", "Agents that infect others"),
        Metric::share("recovered", "Agents that are immune"),
    ];

    const REPORT: Report = Report {
        summary: &[
            ("recovered", RECOVERED as usize, Summary::Final),
            ("infectious", INFECTIOUS as usize, Summary::Final),
            ("susceptible_change", SUSCEPTIBLE as usize, Summary::Change),
        ],
        distribution: &[("susceptible", 0), ("exposed", 1), ("infectious", 2), ("recovered", 3)],
        milestones: &[(RECOVERED as usize, 0.5, "Half of the society has recovered")],
        swings: &[(INFECTIOUS as usize, "surge")],
        headline: INFECTIOUS as usize,
        ..Report::EVERY_METRIC
    };

    const TRAITS: &'static [Trait] = &[Trait {
        name: "stage",
        kind: TraitKind::Choice(STAGES),
        settable: true,
        memory: false,
        description: "Stage of the infection; a new round begins as at birth",
    }];

    const MUTUAL: bool = true;
    const RESTS: bool = true;
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
        Self {
            transmission: parameters.exact("transmission"),
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

    #[inline]
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
    fn measure_block(&self, stages: &[u8], sums: &mut [i64]) {
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
    #[inline]
    fn risk(&self, around: &Around<'_, u8>) -> f32 {
        let contacts = 1.0 - f64::from(around.environment[0]);
        let mut risk = 0.0;
        if self.transmission > 0.0 {
            let infectious = around.peers.rousing(self);
            risk = at_least_once(self.transmission * contacts, infectious);
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Peers;

    fn risk(parameters: [(&str, f64); 2], infectious: usize, others: usize, share: f64, reduction: f32) -> f64 {
        let given: BTreeMap<String, f64> = parameters.map(|(name, value)| (name.to_owned(), value)).into();
        let model = Epidemic::new(&Parameters::check(Epidemic::PARAMETERS, &given).unwrap());
        let (slots, view): (Vec<u32>, Vec<u8>) =
            (0..infectious + others).map(|slot| (slot as u32, u8::from(slot < infectious))).unzip();
        let society = [1.0 - share, 0.0, share, 0.0];
        let peers = Peers::new(&slots, &[], &view);
        model.risk(&Around { id: 0, tick: 0, peers, environment: &[reduction], society: &society }).into()
    }

    /// Against values computed with 50 digits.
    #[test]
    fn the_risk_has_all_digits_of_a_single_number() {
        let cases: [(f64, f64, usize, f64, f32, f64); 8] = [
            (0.0, 0.4, 0, 1e-08, 0.0, 3.999999992000001e-09),
            (0.0, 1.0, 0, 1e-08, 0.5, 4.9999999875e-09),
            (1e-09, 0.0, 1, 0.0, 0.0, 1e-09),
            (1e-07, 0.0, 200, 0.0, 0.25, 1.4999888063054089e-05),
            (0.05, 0.0, 7, 0.2, 0.0, 0.30166270390625),
            (0.05, 0.4, 7, 0.2, 0.5, 0.1952508426426689),
            (1e-06, 0.001, 2, 1e-05, 0.0, 2.00999897995001e-06),
            (0.9, 100.0, 3, 0.01, 0.0, 0.9996321205588286),
        ];
        for (transmission, mixing, infectious, share, reduction, expected) in cases {
            let found = risk([("transmission", transmission), ("mixing", mixing)], infectious, 3, share, reduction);
            assert!((found - expected).abs() <= expected * 6e-8, "{found} instead of {expected}");
        }
    }

    #[test]
    fn nobody_infectious_is_no_risk_and_certain_contact_is_certain() {
        assert_eq!(risk([("transmission", 0.5), ("mixing", 3.0)], 0, 9, 0.0, 0.0), 0.0);
        assert_eq!(risk([("transmission", 1.0), ("mixing", 0.0)], 1, 9, 0.1, 0.0), 1.0);
        assert_eq!(risk([("transmission", 1.0), ("mixing", 50.0)], 9, 9, 1.0, 1.0), 0.0);
    }
}
