//! An effect as it is written: one flat object, its intensity and its precondition. Owns the words and which fields go
//! together; ranges are the engine's.

use civitas_engine::{
    Cause, Comparison, Effect, Intensity, MAX_BUNDLE_SCRIPTS, MAX_EFFECTS, MAX_HORIZON_TICKS, Operation, Precondition,
    Scope, Subject,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::config::bounded;
use crate::http::wire::create::check_name;
use crate::http::wire::number::{Number, Whole};
use crate::http::wire::object::optional;

/// The words for comparisons.
pub(super) const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::AtMost),
    (">", Comparison::Greater),
    (">=", Comparison::AtLeast),
];

/// The shapes of intensities with the fields that each has.
const SHAPES: [(&str, &[&str]); 7] = [
    ("step", &[]),
    ("instantaneous", &[]),
    ("pulse", &["ticks"]),
    ("linear_decay", &["ticks"]),
    ("exponential_decay", &["half_life_ticks"]),
    ("lagged", &["lag_ticks", "rise_ticks"]),
    ("custom", &["points"]),
];

/// Something that happens to a variable of the environment.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EffectRequest)]
pub struct EffectBody {
    /// Name of the variable.
    #[schema(example = "economy_confidence")]
    pub variable: String,
    /// `set`, `add`, `multiply`, `min` (at most the value) or `max` (at least the value).
    #[schema(example = "add")]
    pub operation: String,
    /// With which number: between -1 and 1 to add, 0 and 10 to multiply, 0 and 1 otherwise.
    #[schema(value_type = f64, example = -0.2)]
    pub value: Number,
    /// Codes of the regions where; all where it is left out.
    pub regions: Option<Vec<String>>,
    /// Names of the segments for whom; all where it is left out.
    pub segments: Option<Vec<String>>,
    /// The first tick that may be stepped under it; 0, or of a fork the first of its own, where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub from_tick: Option<Whole>,
    /// The tick whose state is the last that was stepped under it.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub until_tick: Option<Whole>,
    /// How strong it is over time; a step, where it is left out.
    #[serde(default, deserialize_with = "optional")]
    pub intensity: Option<IntensityBody>,
    /// What must hold for it to begin.
    #[serde(default, deserialize_with = "optional")]
    pub precondition: Option<PreconditionBody>,
    /// What it came from, of an effect that a run shows and that is sent again.
    #[serde(default, deserialize_with = "optional")]
    pub cause: Option<CauseBody>,
}

/// What an effect came from: a script of a bundle.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CauseRequest)]
pub struct CauseBody {
    /// The bundle.
    pub event_bundle_id: Uuid,
    /// Which of the bundle's scripts, from 0.
    #[schema(value_type = u32, maximum = 63)]
    pub step: Whole,
    /// The script.
    pub script_id: Uuid,
    /// The script's version.
    #[schema(value_type = u32)]
    pub script_version: Whole,
    /// The script's name.
    #[schema(max_length = 200)]
    pub script: String,
    /// Which of the script's effects, from 0.
    #[schema(value_type = u32, maximum = 255)]
    pub effect: Whole,
}

/// How strong an effect is over time, between 0 and 1.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IntensityRequest)]
pub struct IntensityBody {
    /// `step`, `instantaneous`, `pulse` {ticks}, `linear_decay` {ticks}, `exponential_decay` {half_life_ticks}, `lagged`
    /// {lag_ticks, rise_ticks} or `custom` {points}.
    #[schema(example = "pulse", required = true)]
    pub shape: Option<String>,
    /// How many ticks a pulse or a linear decay lasts.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub ticks: Option<Whole>,
    /// After how many ticks half of an exponential decay is left.
    #[schema(value_type = Option<f64>, minimum = 0.1, maximum = 1000)]
    pub half_life_ticks: Option<Number>,
    /// How many ticks nothing is felt of what is lagged.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    pub lag_ticks: Option<Whole>,
    /// Over how many ticks more it then rises; 0 where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    pub rise_ticks: Option<Whole>,
    /// Pairs of ticks since the effect began and of strengths; straight lines in between.
    #[schema(value_type = Option<Vec<Vec<f64>>>, max_items = 64)]
    pub points: Option<Vec<(Whole, Number)>>,
}

/// What must hold for an effect to begin: a metric or a variable compared with a number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreconditionRequest)]
pub struct PreconditionBody {
    /// Name of a metric; this or `variable`.
    #[schema(example = "adoption_rate")]
    pub metric: Option<String>,
    /// Name of a variable.
    pub variable: Option<String>,
    /// Code of the region that is looked at; the whole society where it is left out.
    pub region: Option<String>,
    /// `==`, `!=`, `<`, `<=`, `>` or `>=`.
    #[schema(example = ">=", required = true)]
    pub comparison: Option<String>,
    /// The number.
    #[schema(value_type = f64, example = 0.5, required = true)]
    pub value: Option<Number>,
}

impl EffectBody {
    /// The effect as the engine takes it; `field` is where it stands.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn effect(self, field: &str) -> ApiResult<Effect> {
        let operation = Operation::ALL.into_iter().find(|known| known.as_str() == self.operation);
        let operation = operation.ok_or_else(|| {
            let names = Operation::ALL.map(Operation::as_str).join(", ");
            ApiError::invalid(format!("{field}.operation must be one of {names}, not {:?}", self.operation))
        })?;
        let intensity = self.intensity.map(|body| body.intensity(&format!("{field}.intensity"))).transpose()?;
        let precondition = self.precondition.map(|body| body.precondition(&format!("{field}.precondition")));
        let effect = Effect {
            operation,
            scope: Scope { regions: self.regions, segments: self.segments },
            from_tick: tick(&format!("{field}.from_tick"), self.from_tick)?,
            until_tick: tick(&format!("{field}.until_tick"), self.until_tick)?,
            intensity: intensity.unwrap_or_default(),
            precondition: precondition.transpose()?,
            cause: self.cause.map(|body| body.cause(&format!("{field}.cause"))).transpose()?,
            ..Effect::shift(self.variable, self.value.0)
        };
        effect.check(field)?;
        Ok(effect)
    }
}

impl CauseBody {
    fn cause(self, field: &str) -> ApiResult<Cause> {
        check_name(&format!("{field}.script"), &self.script)?;
        let whole = |name: &str, given: Whole, max: usize| {
            let number: Option<u32> = bounded(&format!("{field}.{name}"), Some(given), (0, max as i128))?;
            Ok::<_, ApiError>(number.unwrap_or_default())
        };
        Ok(Cause {
            bundle: self.event_bundle_id.to_string(),
            step: whole("step", self.step, MAX_BUNDLE_SCRIPTS - 1)?,
            script_id: self.script_id.to_string(),
            script_version: whole("script_version", self.script_version, u32::MAX as usize)?,
            effect: whole("effect", self.effect, MAX_EFFECTS - 1)?,
            script: self.script,
        })
    }
}

impl IntensityBody {
    fn intensity(self, field: &str) -> ApiResult<Intensity> {
        let shape = self.shape.as_deref().ok_or_else(|| ApiError::invalid(format!("{field}.shape is required")))?;
        let Some((_, fields)) = SHAPES.iter().find(|(known, _)| *known == shape) else {
            let names = SHAPES.map(|(name, _)| name).join(", ");
            return Err(ApiError::invalid(format!("{field}.shape must be one of {names}, not {shape:?}")));
        };
        let given = [
            ("ticks", self.ticks.is_some()),
            ("half_life_ticks", self.half_life_ticks.is_some()),
            ("lag_ticks", self.lag_ticks.is_some()),
            ("rise_ticks", self.rise_ticks.is_some()),
            ("points", self.points.is_some()),
        ];
        if let Some((name, _)) = given.iter().find(|(name, given)| *given && !fields.contains(name)) {
            return Err(ApiError::invalid(format!("{field}.{name} is no field of the shape {shape}; leave it out")));
        }
        let required = |name: &str| ApiError::invalid(format!("{field}.{name} is required for the shape {shape}"));
        let ticks = |name: &str, given: Option<Whole>| tick(&format!("{field}.{name}"), given);
        Ok(match shape {
            "step" => Intensity::Step,
            "instantaneous" => Intensity::Instantaneous,
            "pulse" => Intensity::Pulse { ticks: ticks("ticks", self.ticks)?.ok_or_else(|| required("ticks"))? },
            "linear_decay" => {
                Intensity::LinearDecay { ticks: ticks("ticks", self.ticks)?.ok_or_else(|| required("ticks"))? }
            }
            "exponential_decay" => {
                let half_life = self.half_life_ticks.ok_or_else(|| required("half_life_ticks"))?;
                Intensity::ExponentialDecay { half_life_ticks: half_life.0 }
            }
            "lagged" => Intensity::Lagged {
                lag_ticks: ticks("lag_ticks", self.lag_ticks)?.ok_or_else(|| required("lag_ticks"))?,
                rise_ticks: ticks("rise_ticks", self.rise_ticks)?.unwrap_or(0),
            },
            _ => {
                let points = self.points.ok_or_else(|| required("points"))?.into_iter().enumerate();
                let point = |(place, (age, strength)): (usize, (Whole, Number))| {
                    let age = tick(&format!("{field}.points[{place}][0]"), Some(age))?;
                    Ok((age.unwrap_or_default(), strength.0))
                };
                Intensity::Custom { points: points.map(point).collect::<ApiResult<_>>()? }
            }
        })
    }
}

impl PreconditionBody {
    fn precondition(self, field: &str) -> ApiResult<Precondition> {
        let subject = match (self.metric, self.variable) {
            (Some(metric), None) => Subject::Metric(metric),
            (None, Some(variable)) => Subject::Variable(variable),
            _ => return Err(ApiError::invalid(format!("{field} must have either metric or variable"))),
        };
        let comparison = self.comparison.ok_or_else(|| ApiError::invalid(format!("{field}.comparison is required")))?;
        let known = COMPARISONS.iter().find(|(word, _)| *word == comparison);
        let (_, comparison) = known.ok_or_else(|| {
            let words = COMPARISONS.map(|(word, _)| word).join(", ");
            ApiError::invalid(format!("{field}.comparison must be one of {words}, not {comparison:?}"))
        })?;
        let value = self.value.ok_or_else(|| ApiError::invalid(format!("{field}.value is required")))?.0;
        Ok(Precondition { subject, region: self.region, comparison: *comparison, value })
    }
}

/// A number of ticks that fits a run.
pub(super) fn tick(field: &str, given: Option<Whole>) -> ApiResult<Option<u32>> {
    bounded(field, given, (0, MAX_HORIZON_TICKS.into()))
}
