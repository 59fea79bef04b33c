//! `threshold`: agents join once enough of those that they listen to have (Granovetter 1978, "Threshold models of
//! collective behavior", AJS 83; on networks Watts 2002, "A simple model of global cascades", PNAS 99).
//!
//! By share: an agent with at least one peer joins when the share of its peers that have joined is at least its threshold.
//! By number (`by_number` = 1): when the number of its peers that have joined is at least its threshold, which then is its
//! id where `ladder` is 1: Granovetter's crowd with thresholds 0, 1, 2, ... on a complete network.
//!
//! Where ties have weights, peers count by them: the share is that of the weights (the linear threshold model of Kempe, Kleinberg & Tardos 2003,
//! "Maximizing the spread of influence through a social network", KDD), and the number their sum.

use crate::draws::Draws;
use crate::error::{EngineError, Result};
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Report, Trait, TraitKind};

/// The largest threshold: as many agents as there can be.
const MAX_THRESHOLD: f64 = crate::MAX_AGENTS as f64;

/// The model; see the module's documentation for its rules.
#[derive(Clone, Debug)]
pub struct Threshold {
    threshold: f32,
    spread: f32,
    by_number: bool,
    ladder: bool,
    initial_share: f64,
}

impl Model for Threshold {
    /// Its threshold, and whether it has joined.
    type Agent = (f32, bool);
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = "threshold";
    const VERSION: &'static str = "1";
    const MEETS_STRANGERS: bool = true;
    const WEIGHS: bool = true;

    const PARAMETERS: &'static [Parameter] = &[
        Parameter::new("threshold", "share or number of peers", (0.0, MAX_THRESHOLD), 0.18, "Mean threshold"),
        Parameter::new(
            "spread",
            "of the threshold",
            (0.0, 1.0),
            0.0,
            "Thresholds are uniform within this share of their mean around it",
        ),
        Parameter::switch("by_number", false, "1: thresholds are numbers of peers, not shares"),
        Parameter::switch("ladder", false, "1: an agent's threshold is its id; needs by_number"),
        Parameter::share("initial_share", 0.001, "Share of agents that have joined at the start"),
    ];

    const METRICS: &'static [Metric] = &[Metric::share("joined", "Agents that have joined")];

    const REPORT: Report = Report {
        milestones: &[(0, 0.5, "Half of the society has joined")],
        swings: &[(0, "cascade")],
        ..Report::EVERY_METRIC
    };

    const TRAITS: &'static [Trait] = &[
        Trait {
            name: "threshold",
            kind: TraitKind::Number { unit: "share or number of peers", min: 0.0, max: MAX_THRESHOLD },
            settable: true,
            memory: true,
            description: "How many must have joined before the agent does",
        },
        Trait {
            name: "joined",
            kind: TraitKind::Flag,
            settable: true,
            memory: false,
            description: "Has joined; a new round begins as at birth",
        },
    ];

    fn check(parameters: &Parameters) -> Result<()> {
        if !parameters.is_on("ladder") || parameters.is_on("by_number") {
            return Ok(());
        }
        let problem = "must be 0 where by_number is 0: an id is a number of peers and no share of them";
        Err(EngineError::invalid("parameters.ladder", problem))
    }

    fn new(parameters: &Parameters) -> Self {
        Self {
            threshold: parameters.get("threshold"),
            spread: parameters.get("spread"),
            by_number: parameters.is_on("by_number"),
            ladder: parameters.is_on("ladder"),
            initial_share: parameters.exact("initial_share"),
        }
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> (f32, bool) {
        let threshold = match self.ladder {
            true => newborn.id as f32,
            false => self.threshold * (1.0 + self.spread * draws.signed()),
        };
        (threshold, newborn.among(self.initial_share))
    }

    #[inline]
    fn publish(&self, agent: &(f32, bool)) -> u8 {
        u8::from(agent.1)
    }

    #[inline]
    fn step(&self, agent: &mut (f32, bool), around: Around<'_, u8>, _: &mut Draws<'_>) {
        if !agent.1 && around.peers.have_weights() {
            let (joined, all) = weights(&around);
            let heard = if self.by_number { joined } else { joined / all };
            agent.1 = heard as f32 >= agent.0;
        } else if !agent.1 {
            let joined: u32 = around.peers.iter().map(u32::from).sum();
            agent.1 = match self.by_number {
                true => joined as f32 >= agent.0,
                // Divided, not multiplied: 15 of 50 is 0.3 to the last bit. Without peers it is no number, and nobody joins.
                false => joined as f32 / around.peers.len() as f32 >= agent.0,
            };
        }
    }

    #[inline]
    fn values(&self, agent: &(f32, bool), values: &mut [f32]) {
        values[0] = f32::from(u8::from(agent.1));
    }

    fn trait_value(&self, agent: &(f32, bool), place: usize) -> f64 {
        if place == 0 { agent.0.into() } else { f64::from(u8::from(agent.1)) }
    }

    fn set_trait(&self, agent: &mut (f32, bool), place: usize, value: f64) {
        match place {
            0 => agent.0 = value as f32,
            _ => agent.1 = value != 0.0,
        }
    }

    fn stranger(&self, means: &[f64], draws: &mut Draws<'_>) -> u8 {
        u8::from(draws.chance(means[0] as f32))
    }

    fn explain(&self, agent: &(f32, bool), around: Around<'_, u8>) -> String {
        let joined: u32 = around.peers.iter().map(u32::from).sum();
        let have = if agent.1 { "have" } else { "have not" };
        if around.peers.have_weights() {
            let (joined, all) = weights(&around);
            let kind = if self.by_number { "of it" } else { "as a share of it" };
            let count = around.peers.len();
            return format!(
                "I {have} joined. Of the weight {all:.3} of the {count} others that I listen to {joined:.3} have; I need {} \
                 {kind}.",
                agent.0
            );
        }
        let (of, kind) = (around.peers.len(), if self.by_number { "of them" } else { "as a share of them" });
        format!("I {have} joined. {joined} of the {of} others that I listen to have; I need {} {kind}.", agent.0)
    }
}

/// The weight of the peers that have joined, and of all, summed in their fixed order.
#[inline]
fn weights(around: &Around<'_, u8>) -> (f64, f64) {
    around.peers.weighted().fold((0.0, 0.0), |(joined, all), (has_joined, weight)| {
        (joined + f64::from(weight) * f64::from(has_joined), all + f64::from(weight))
    })
}
