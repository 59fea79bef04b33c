//! What a run's telemetry holds, as clients ask for it and as answers show it.

use civitas_actors::TelemetryChoice;
use civitas_engine::{ALL_AGENTS, MAX_HORIZON_TICKS, MAX_SAMPLE_AGENTS, TelemetryOptions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::config::bounded;
use super::number::Whole;
use crate::http::errors::{ApiError, ApiResult};

/// The word for the whole population.
const ALL: &str = "all";

/// What is recorded of a run. What is left out is the server's default; it never changes results.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TelemetryRequest {
    /// Whether anything is.
    #[schema(default = true)]
    pub enabled: Option<bool>,
    /// Ticks between two keyframes, at which agents are recorded; 0 for the first and the last tick alone.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000, default = 10)]
    pub keyframe_every: Option<Whole>,
    /// How many agents are recorded at keyframes, the same in each: up to 1000000, or `all`.
    #[schema(value_type = Value, default = 100)]
    pub sample_agents: Option<Value>,
    /// Metrics by region in every tick.
    #[schema(default = true)]
    pub by_region: Option<bool>,
    /// Metrics by segment in every tick.
    #[schema(default = true)]
    pub by_segment: Option<bool>,
    /// What the model says of each agent in words.
    #[schema(default = true)]
    pub reasons: Option<bool>,
}

impl TelemetryRequest {
    /// The choice, checked.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn choice(self) -> ApiResult<TelemetryChoice> {
        let Self { enabled, keyframe_every, sample_agents, by_region, by_segment, reasons } = self;
        Ok(TelemetryChoice {
            enabled,
            keyframe_every: bounded("telemetry.keyframe_every", keyframe_every, (0, MAX_HORIZON_TICKS.into()))?,
            sample_agents: sample_agents.as_ref().filter(|given| !given.is_null()).map(sample).transpose()?,
            by_region,
            by_segment,
            reasons,
        })
    }
}

fn sample(given: &Value) -> ApiResult<u32> {
    let number = given.as_u64().and_then(|number| u32::try_from(number).ok());
    match (given.as_str(), number) {
        (Some(ALL), _) => Ok(ALL_AGENTS),
        (None, Some(number)) if number <= MAX_SAMPLE_AGENTS => Ok(number),
        _ => {
            let wanted = format!("must be a whole number between 0 and {MAX_SAMPLE_AGENTS}, or \"{ALL}\"");
            Err(ApiError::invalid(format!("telemetry.sample_agents {wanted}, not {given}")))
        }
    }
}

/// What is recorded of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TelemetryInForce {
    /// Whether anything is; where not, nothing else stands here.
    pub enabled: bool,
    /// Ticks between two keyframes, 0 for the first and the last alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keyframe_every: Option<u32>,
    /// How many agents are recorded at keyframes, or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    pub sample_agents: Option<Value>,
    /// Metrics by region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by_region: Option<bool>,
    /// Metrics by segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by_segment: Option<bool>,
    /// What the model says of each agent in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reasons: Option<bool>,
}

impl From<Option<TelemetryOptions>> for TelemetryInForce {
    fn from(options: Option<TelemetryOptions>) -> Self {
        let sample = |agents| if agents == ALL_AGENTS { Value::from(ALL) } else { Value::from(agents) };
        Self {
            enabled: options.is_some(),
            keyframe_every: options.map(|options| options.keyframe_every),
            sample_agents: options.map(|options| sample(options.sample_agents)),
            by_region: options.map(|options| options.by_region),
            by_segment: options.map(|options| options.by_segment),
            reasons: options.map(|options| options.reasons),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> ApiResult<TelemetryChoice> {
        serde_json::from_value::<TelemetryRequest>(body).unwrap().choice()
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        for options in [
            None,
            Some(TelemetryOptions::default()),
            Some(TelemetryOptions {
                sample_agents: ALL_AGENTS,
                keyframe_every: 0,
                by_region: false,
                ..Default::default()
            }),
        ] {
            let shown = serde_json::to_value(TelemetryInForce::from(options)).unwrap();
            assert_eq!(read(shown).unwrap().settled(Some(TelemetryOptions::default())), options);
        }
    }

    #[test]
    fn wrong_samples_are_refused_with_what_is_right() {
        for wrong in [json!(-1), json!(1.5), json!("most"), json!(1_000_001), json!([])] {
            let error = read(json!({"sample_agents": wrong})).unwrap_err();
            assert!(error.detail.starts_with("telemetry.sample_agents must be a whole number between 0"), "{error}");
        }
        assert_eq!(read(json!({"sample_agents": null})).unwrap(), TelemetryChoice::default());
        let error = read(json!({"keyframe_every": 1001})).unwrap_err();
        assert!(error.detail.starts_with("telemetry.keyframe_every must be between 0 and 1000"), "{error}");
    }
}
