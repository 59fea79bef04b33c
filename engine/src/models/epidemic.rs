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
use crate::model::{
    Around, Metric, Model, Newborn, Parameter, Parameters, Report, Summary, Trait, TraitKind, Variable,
};

const SUSCEPTIBLE: u8 = 0;
const EXPOSED: u8 = 1;
const INFECTIOUS: u8 = 2;
const RECOVERED: u8 = 3;

const STAGES: &[&str] = &["susceptible", "exposed", "infectious", "recovered"];

/// The model; see the module's documentation for its equations.
#[derive(Clone, Debug)]
pub struct Epidemic {
    transmission: f32,
    mixing: f32,
    onset: f32,
    recovery: f32,
    waning: f32,
    initial_share: f32,
}

impl Model for Epidemic {
    /// The stage.
    type Agent = u8;
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = "epidemic";
    const VERSION: &'static str = "1";

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
            "Mean time from infection to being infectious: 0, or 1 and more",
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

    fn new(parameters: &Parameters) -> Self {
        let incubation = parameters.get("incubation");
        Self {
            transmission: parameters.get("transmission"),
            mixing: parameters.get("mixing"),
            onset: if incubation > 0.0 { (1.0 / incubation).min(1.0) } else { 0.0 },
            recovery: parameters.get("recovery"),
            waning: parameters.get("waning"),
            initial_share: parameters.get("initial_share"),
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
        *stage = match *stage {
            SUSCEPTIBLE if draws.chance(self.risk(&around)) => {
                if self.onset > 0.0 {
                    EXPOSED
                } else {
                    INFECTIOUS
                }
            }
            EXPOSED if draws.chance(self.onset) => INFECTIOUS,
            INFECTIOUS if draws.chance(self.recovery) => RECOVERED,
            RECOVERED if self.waning > 0.0 && draws.chance(self.waning) => SUSCEPTIBLE,
            stage => stage,
        };
    }

    #[inline]
    fn values(&self, stage: &u8, values: &mut [f32]) {
        values[usize::from(*stage)] = 1.0;
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
        let contacts = 1.0 - around.environment[0];
        let mut escape = 1.0;
        if self.transmission > 0.0 {
            let infectious: u32 = around.peers.iter().map(u32::from).sum();
            for _ in 0..infectious {
                escape *= 1.0 - self.transmission * contacts;
            }
        }
        if self.mixing > 0.0 {
            let pressure = self.mixing * contacts * around.society[usize::from(INFECTIOUS)] as f32;
            escape *= libm::expf(-pressure);
        }
        1.0 - escape
    }
}
