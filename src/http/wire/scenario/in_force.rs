//! Effects in answers, in the words in which they can be sent back.

use std::collections::BTreeMap;

use civitas_engine::{Cause, Effect, Intensity, Precondition, Subject};
use civitas_store::StoredSpec;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::effect::COMPARISONS;
use crate::http::wire::run::Config;

/// What a scenario changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScenarioPatchInForce {
    /// Shifts of environment variables.
    pub variable_deltas: BTreeMap<String, f64>,
    /// What else happens to variables, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectInForce>,
    /// The bundle of event scripts that was applied last; null where none was. Its effects are among the others.
    pub event_bundle_id: Option<Uuid>,
    /// Its version then; only beside a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event_bundle_version: Option<u32>,
    /// True where its impact is the difference from the same run without it; only beside a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attribution: Option<bool>,
}

/// An effect of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EffectInForce {
    /// The variable.
    pub variable: String,
    /// What is done to it.
    pub operation: &'static str,
    /// With which number.
    pub value: f64,
    /// The regions where; null for all.
    pub regions: Option<Vec<String>>,
    /// The segments for whom; null for all.
    pub segments: Option<Vec<String>>,
    /// The first tick that may be stepped under it.
    pub from_tick: u32,
    /// The tick whose state is the last that was stepped under it; null where it has no end.
    pub until_tick: Option<u32>,
    /// How strong it is over time.
    pub intensity: IntensityInForce,
    /// What must hold for it to begin; null where nothing must.
    pub precondition: Option<PreconditionInForce>,
    /// The script that it came from; only of those of bundles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cause: Option<CauseInForce>,
}

/// What an effect came from: a script of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CauseInForce {
    /// The bundle.
    #[schema(value_type = Uuid)]
    pub event_bundle_id: String,
    /// Which of the bundle's scripts, from 0.
    pub step: u32,
    /// The script.
    #[schema(value_type = Uuid)]
    pub script_id: String,
    /// The script's version then.
    pub script_version: u32,
    /// The script's name then.
    pub script: String,
    /// Which of the script's effects, from 0.
    pub effect: u32,
}

/// How strong an effect is over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct IntensityInForce {
    /// Its shape.
    pub shape: &'static str,
    /// Of a pulse or a linear decay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticks: Option<u32>,
    /// Of an exponential decay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_life_ticks: Option<f64>,
    /// Of what is lagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_ticks: Option<u32>,
    /// Of what is lagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise_ticks: Option<u32>,
    /// Of a custom curve: pairs of ticks and strengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    pub points: Option<Vec<(u32, f64)>>,
}

/// What must hold for an effect to begin.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreconditionInForce {
    /// The metric that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The variable that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The region; null for the whole society.
    pub region: Option<String>,
    /// How it is compared.
    pub comparison: &'static str,
    /// With which number.
    pub value: f64,
}

impl ScenarioPatchInForce {
    /// Of a run but for its effects, which are stored elsewhere; `None` where the scenario changes nothing.
    pub fn of(spec: &StoredSpec) -> Option<Self> {
        let variable_deltas: BTreeMap<_, _> = spec.variable_deltas.iter().cloned().collect();
        let patch = Self {
            variable_deltas,
            effects: Vec::new(),
            event_bundle_id: spec.bundle.map(|bundle| bundle.id),
            event_bundle_version: spec.bundle.map(|bundle| bundle.version),
            attribution: spec.bundle.map(|bundle| bundle.attribution),
        };
        (!patch.variable_deltas.is_empty() || spec.effects > 0).then_some(patch)
    }
}

impl Config {
    /// With the effects of the scenario, which are stored beside the record.
    pub fn with_effects(mut self, effects: Vec<Effect>) -> Self {
        if let Some(patch) = &mut self.scenario_patch {
            patch.effects = effects.into_iter().map(EffectInForce::from).collect();
        }
        self
    }
}

impl From<Effect> for EffectInForce {
    fn from(effect: Effect) -> Self {
        Self {
            operation: effect.operation.as_str(),
            value: effect.value,
            from_tick: effect.begins(),
            until_tick: effect.until_tick,
            intensity: effect.intensity.into(),
            precondition: effect.precondition.map(PreconditionInForce::from),
            regions: effect.scope.regions,
            segments: effect.scope.segments,
            variable: effect.variable,
            cause: effect.cause.map(CauseInForce::from),
        }
    }
}

impl From<Cause> for CauseInForce {
    fn from(Cause { bundle, step, script_id, script_version, script, effect }: Cause) -> Self {
        Self { event_bundle_id: bundle, step, script_id, script_version, script, effect }
    }
}

impl From<Intensity> for IntensityInForce {
    fn from(intensity: Intensity) -> Self {
        let plain = Self { shape: intensity.as_str(), ..Self::default() };
        match intensity {
            Intensity::Step | Intensity::Instantaneous => plain,
            Intensity::Pulse { ticks } | Intensity::LinearDecay { ticks } => Self { ticks: Some(ticks), ..plain },
            Intensity::ExponentialDecay { half_life_ticks } => Self { half_life_ticks: Some(half_life_ticks), ..plain },
            Intensity::Lagged { lag_ticks, rise_ticks } => {
                Self { lag_ticks: Some(lag_ticks), rise_ticks: Some(rise_ticks), ..plain }
            }
            Intensity::Custom { points } => Self { points: Some(points), ..plain },
        }
    }
}

impl From<Precondition> for PreconditionInForce {
    fn from(given: Precondition) -> Self {
        let word = COMPARISONS.iter().find(|(_, known)| *known == given.comparison);
        let (metric, variable) = match given.subject {
            Subject::Metric(name) => (Some(name), None),
            Subject::Variable(name) => (None, Some(name)),
        };
        let comparison = word.map(|(word, _)| *word).unwrap_or_default();
        Self { metric, variable, region: given.region, comparison, value: given.value }
    }
}
