//! The `environment` of a configuration: the clock of a simulated day, and the model's variables at the start, which stand
//! beside it in one object as in AgentSociety. Owns the clock; which variables there are is the model's matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use civitas_engine::{DAY_SECONDS, Day};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use utoipa::ToSchema;

use super::value::whole;
use crate::http::errors::ApiResult;
use crate::http::wire::number::{Number, Whole};

/// Seconds of a step where none are stated, as in AgentSociety.
const DEFAULT_TICKS_PER_STEP: u32 = 300;

/// The clock of a simulated day, and variables of the model from the start on.
#[derive(Clone, Debug, Default, PartialEq, ToSchema)]
#[schema(as = ExperimentEnvironment)]
pub struct Environment {
    /// Second of the day at which a simulated day begins.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 86_399, default = 0)]
    pub start_tick: Option<Whole>,
    /// How many seconds a simulated day lasts; to midnight where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 86_400)]
    pub total_tick: Option<Whole>,
    /// Seconds of a step, where a step of the workflow does not say.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 86_400, default = 300)]
    pub ticks_per_step: Option<Whole>,
    /// Variables of the model, each in [0, 1], by name beside the fields above.
    #[serde(flatten)]
    pub variables: BTreeMap<String, f64>,
}

struct EnvironmentVisitor;

impl<'de> Visitor<'de> for EnvironmentVisitor {
    type Value = Environment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Environment, A::Error> {
        let mut environment = Environment::default();
        let mut seen = BTreeSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            match name.as_str() {
                "start_tick" => environment.start_tick = fields.next_value()?,
                "total_tick" => environment.total_tick = fields.next_value()?,
                "ticks_per_step" => environment.ticks_per_step = fields.next_value()?,
                _ => {
                    let Number(value) = fields.next_value()?;
                    environment.variables.insert(name, value);
                }
            }
        }
        Ok(environment)
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvironmentVisitor)
    }
}

/// When a day begins and ends, and how long a step is that does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) day: Day,
    pub(super) ticks_per_step: u32,
}

impl Environment {
    /// The clock, with its defaults.
    pub(super) fn clock(&self) -> ApiResult<Clock> {
        let start = self.start_tick.unwrap_or(Whole(0));
        let start_s: u32 = whole("environment.start_tick", start, (0, i128::from(DAY_SECONDS) - 1))?;
        // A day ends at midnight at the latest.
        let longest = i128::from(DAY_SECONDS - start_s);
        let length_s = whole("environment.total_tick", self.total_tick.unwrap_or(Whole(longest)), (1, longest))?;
        let step = self.ticks_per_step.unwrap_or(Whole(DEFAULT_TICKS_PER_STEP.into()));
        let ticks_per_step = seconds_per_tick("environment.ticks_per_step", step)?;
        Ok(Clock { day: Day { start_s, length_s }, ticks_per_step })
    }
}

/// The seconds of a step.
pub(super) fn seconds_per_tick(path: &str, given: Whole) -> ApiResult<u32> {
    whole(path, given, (1, DAY_SECONDS.into()))
}
