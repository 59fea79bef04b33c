//! The words of `epidemic`: its stages, and what it says of its parameters, variables, metrics, results and traits.

use crate::model::{Metric, Parameter, Report, Summary, Trait, TraitKind, Variable};

pub(super) const SUSCEPTIBLE: u8 = 0;
pub(super) const EXPOSED: u8 = 1;
pub(super) const INFECTIOUS: u8 = 2;
pub(super) const RECOVERED: u8 = 3;

pub(super) const STAGES: &[&str] = &["susceptible", "exposed", "infectious", "recovered"];

pub(super) const PARAMETERS: &[Parameter] = &[
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

pub(super) const VARIABLES: &[Variable] = &[Variable {
    name: "contact_reduction",
    default: 0.0,
    description: "Share of infectious contacts that do not happen, by policy or caution",
}];

pub(super) const METRICS: &[Metric] = &[
    Metric::share("susceptible", "Agents that can be infected"),
    Metric::share("exposed", "Agents that are infected and not yet infectious"),
    Metric::share("infectious", "Agents that infect others"),
    Metric::share("recovered", "Agents that are immune"),
];

pub(super) const REPORT: Report = Report {
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

pub(super) const TRAITS: &[Trait] = &[Trait {
    name: "stage",
    kind: TraitKind::Choice(STAGES),
    settable: true,
    memory: false,
    description: "Stage of the infection; a new round begins as at birth",
}];
