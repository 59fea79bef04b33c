//! The words of `society`: its parameters, variables, metrics and results.

use crate::model::{Metric, Parameter, Report, Summary, Variable};

pub(super) const ADOPTED: usize = 0;
pub(super) const SENTIMENT: usize = 1;
pub(super) const SUPPORTERS: usize = 2;
pub(super) const NEUTRAL: usize = 3;
pub(super) const SKEPTICS: usize = 4;

pub(super) const ECONOMY: usize = 0;
pub(super) const MEDIA: usize = 1;
pub(super) const TRUST: usize = 2;
pub(super) const PRICE: usize = 3;

const fn variable(name: &'static str, description: &'static str) -> Variable {
    Variable { name, default: 0.5, description }
}

/// See [`crate::Model::PARAMETERS`].
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::new("innovation", "per tick", (0.0, 1.0), 0.002, "Hazard of adopting without any example (Bass' p)"),
    Parameter::new("imitation", "per tick", (0.0, 1.0), 0.11, "Hazard of adopting when all peers have (Bass' q)"),
    Parameter::new(
        "pace",
        "per tick",
        (0.0, 1.0),
        0.1,
        "Share of the way to its new opinion that an agent goes in a tick",
    ),
    Parameter::new("noise", "opinion", (0.0, 1.0), 0.02, "Largest random change of opinion in a tick"),
    Parameter::new("visibility", "opinion", (0.0, 1.0), 0.25, "Pull on opinion when all peers have adopted"),
    Parameter::new("susceptibility", "1", (0.0, 1.0), 0.7, "Mean susceptibility to others, against attachment"),
    Parameter::new("media_exposure", "1", (0.0, 1.0), 0.2, "Mean weight of the media against peers"),
    Parameter::new(
        "opinion_spread",
        "opinion",
        (0.0, 1.0),
        0.3,
        "Standard deviation of initial opinions in a category",
    ),
    Parameter::new("economy_effect", "1", (0.0, 5.0), 1.0, "Effect of economy_confidence on the hazard"),
    Parameter::new("price_effect", "1", (0.0, 5.0), 0.5, "Effect of price_sensitivity on the hazard"),
    Parameter::new(
        "media_gain",
        "1",
        (0.0, 2.0),
        0.4,
        "Gain by which a region's mean opinion feeds its media_sentiment",
    ),
];

/// See [`crate::Model::VARIABLES`].
pub(super) const VARIABLES: &[Variable] = &[
    variable("economy_confidence", "How well off people expect to be: raises the hazard of adopting"),
    variable("media_sentiment", "How favourably the media report; follows the region's mean opinion"),
    variable("social_trust", "How much people let others' opinions move their own"),
    variable("price_sensitivity", "How much the price counts: lowers the hazard of adopting"),
];

/// See [`crate::Model::METRICS`].
pub(super) const METRICS: &[Metric] = &[
    Metric::share("adoption_rate", "Agents that have adopted"),
    Metric { name: "sentiment", unit: "opinion, -1 to 1", description: "Mean opinion" },
    Metric::share("supporters", "Agents with an opinion above 0.2"),
    Metric::share("neutral", "Agents with an opinion from -0.2 to 0.2"),
    Metric::share("skeptics", "Agents with an opinion below -0.2"),
];

/// See [`crate::Model::REPORT`].
pub(super) const REPORT: Report = Report {
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
