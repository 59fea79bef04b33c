//! What users ask of a scenario, as plain data in their words: effects with their operation, scope, window, intensity and
//! condition. Owns what can be checked without a model and a data set, and the bytes that are stored; `programme` gives the
//! words a meaning.

use serde::{Deserialize, Serialize};

use super::bundle::{Cause, field_of};
use super::intensity::Intensity;
use crate::error::{EngineError, Result};
use crate::spec::in_range;
use crate::workflow::Comparison;

/// The most effects of a run: each may cost every region a few operations in every tick.
pub const MAX_EFFECTS: usize = 256;

/// The largest factor of [`Operation::Multiply`].
const MAX_FACTOR: f64 = 10.0;

/// The version of the bytes that [`effects_to_bytes`] makes.
const FORMAT: u32 = 1;

/// A change of an environment variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Name of the variable.
    pub variable: String,
    /// What is done to it.
    pub operation: Operation,
    /// With which number: [-1, 1] to add, [0, 10] to multiply, [0, 1], which is every variable's range, for the others.
    pub value: f64,
    /// Where, and for whom.
    pub scope: Scope,
    /// The first tick that may be stepped under it, below the horizon; left out, the run's first, or of a fork the first
    /// that is its own.
    pub from_tick: Option<u32>,
    /// Where it ends, if it does before its intensity comes to nothing: the tick whose state is the last that was stepped
    /// under it. Above `from_tick`.
    pub until_tick: Option<u32>,
    /// How strong it is over time.
    pub intensity: Intensity,
    /// What must hold for it to begin; it then goes its course, whatever becomes of the condition.
    pub precondition: Option<Precondition>,
    /// The bundle of event scripts that it came from: all effects of one script in it are told of as one.
    pub cause: Option<Cause>,
}

/// What is done to a variable, at full strength. With strength i between 0 and 1, value v becomes `v + i (done(v) - v)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// It becomes the number.
    Set,
    /// The number is added.
    Add,
    /// It is multiplied with the number.
    Multiply,
    /// It becomes the number where it is larger.
    Min,
    /// It becomes the number where it is smaller.
    Max,
}

/// Where an effect is felt, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Codes of regions; all where it is left out.
    pub regions: Option<Vec<String>>,
    /// Names of segments; all where it is left out.
    pub segments: Option<Vec<String>>,
}

/// What must hold at the end of a tick for an effect to begin with the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precondition {
    /// What is looked at.
    pub subject: Subject,
    /// In which region, by code; everywhere where it is left out.
    pub region: Option<String>,
    /// How it is compared with the number.
    pub comparison: Comparison,
    /// The number.
    pub value: f64,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The mean of a metric over agents, by name.
    Metric(String),
    /// A variable as it would be in the next tick were nothing to begin that has a condition, by name. Overall it is the
    /// mean over agents' regions; where segments have values of their own, each segment counts alike.
    Variable(String),
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] = [Self::Set, Self::Add, Self::Multiply, Self::Min, Self::Max];

    /// The word used in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Multiply => "multiply",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// What `before` becomes at this strength.
    pub(crate) fn done(self, before: f64, value: f64, strength: f64) -> f64 {
        let whole = match self {
            Self::Set => value,
            Self::Add => before + value,
            Self::Multiply => before * value,
            Self::Min => before.min(value),
            Self::Max => before.max(value),
        };
        if strength == 1.0 { whole } else { before + strength * (whole - before) }
    }

    fn range(self) -> (f64, f64) {
        match self {
            Self::Add => (-1.0, 1.0),
            Self::Multiply => (0.0, MAX_FACTOR),
            Self::Set | Self::Min | Self::Max => (0.0, 1.0),
        }
    }
}

impl Effect {
    /// That something is added to a variable everywhere, from tick 0 on: what all other fields can start from.
    pub fn shift(variable: impl Into<String>, value: f64) -> Self {
        Self {
            variable: variable.into(),
            operation: Operation::Add,
            value,
            scope: Scope::default(),
            from_tick: None,
            until_tick: None,
            intensity: Intensity::Step,
            precondition: None,
            cause: None,
        }
    }

    /// The first tick that may be stepped under it.
    pub fn begins(&self) -> u32 {
        self.from_tick.unwrap_or(0)
    }

    /// Checks what needs neither model nor data set; `field` is where it stands.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] starting with `field`.
    pub fn check(&self, field: &str) -> Result<()> {
        let (min, max) = self.operation.range();
        in_range(&format!("{field}.value"), self.value, min, max)?;
        self.intensity.check(&format!("{field}.intensity"))?;
        let (from, until) = (self.begins(), self.until_tick);
        if let Some(until) = until.filter(|until| *until <= from) {
            let problem = format!("must be above from_tick, {from}, not {until}");
            return Err(EngineError::invalid(format!("{field}.until_tick"), problem));
        }
        for (name, list) in [("regions", &self.scope.regions), ("segments", &self.scope.segments)] {
            if list.as_ref().is_some_and(Vec::is_empty) {
                let problem = "is empty, so that the effect is felt by nobody; name some, or leave it out for all";
                return Err(EngineError::invalid(format!("{field}.{name}"), problem));
            }
        }
        match &self.precondition {
            Some(condition) => in_range(&format!("{field}.precondition.value"), condition.value, -1e9, 1e9),
            None => Ok(()),
        }
    }

    /// How people are told which effect is meant: it is the one at this place, from 0.
    pub(crate) fn named(&self, place: usize) -> String {
        match &self.cause {
            Some(Cause { bundle, script, effect, .. }) => {
                format!("{}: script {script:?}: effects[{effect}] ({})", field_of(bundle), self.variable)
            }
            None => format!("scenario_patch.effects[{place}] ({})", self.variable),
        }
    }
}

/// Checks what needs neither model nor data set of all effects of a run.
pub(crate) fn check_effects(effects: &[Effect], horizon_ticks: u32) -> Result<()> {
    if effects.len() > MAX_EFFECTS {
        let problem = format!("must be at most {MAX_EFFECTS} effects, windows and scopes of variable_deltas included");
        return Err(EngineError::invalid("scenario_patch.effects", format!("{problem}, not {}", effects.len())));
    }
    for (place, effect) in effects.iter().enumerate() {
        let field = effect.named(place);
        effect.check(&field)?;
        if effect.begins() >= horizon_ticks {
            let problem = format!("must be below the horizon, {horizon_ticks}, not {}", effect.begins());
            return Err(EngineError::invalid(format!("{field}.from_tick"), problem));
        }
    }
    Ok(())
}

/// The effects that begin before a run of so many ticks is over.
pub(crate) fn without_ticks_after(effects: &[Effect], horizon_ticks: u32) -> Vec<Effect> {
    effects.iter().filter(|effect| effect.begins() < horizon_ticks).cloned().collect()
}

/// Effects as bytes that are stored: their format, then JSON.
pub fn effects_to_bytes(effects: &[Effect]) -> Vec<u8> {
    let mut bytes = FORMAT.to_le_bytes().to_vec();
    bytes.extend(serde_json::to_vec(effects).expect("checked effects hold strings and finite numbers only"));
    bytes
}

/// Reads what [`effects_to_bytes`] made.
///
/// # Errors
/// [`EngineError::State`] for anything else.
pub fn effects_from_bytes(bytes: &[u8]) -> Result<Vec<Effect>> {
    let wrong = |why: String| EngineError::State(format!("stored effects: {why}"));
    let (format, json) = bytes.split_first_chunk().ok_or_else(|| wrong("they are too short".to_owned()))?;
    match u32::from_le_bytes(*format) {
        FORMAT => serde_json::from_slice(json).map_err(|error| wrong(error.to_string())),
        other => Err(wrong(format!("their format {other} is not known"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: what each operation does to 0.4 with its number, at full, half and no strength.
    #[test]
    fn operations_at_full_half_and_no_strength() {
        for (operation, value, whole) in [
            (Operation::Set, 0.8, 0.8),
            (Operation::Add, -0.2, 0.2),
            (Operation::Multiply, 1.5, 0.6),
            (Operation::Min, 0.3, 0.3),
            (Operation::Min, 0.7, 0.4),
            (Operation::Max, 0.7, 0.7),
            (Operation::Max, 0.3, 0.4),
        ] {
            for (strength, wanted) in [(1.0, whole), (0.5, (0.4 + whole) / 2.0), (0.0, 0.4)] {
                let found = operation.done(0.4, value, strength);
                assert!((found - wanted).abs() < 1e-15, "{operation:?} {value} at {strength}: {found}");
            }
        }
    }

    #[test]
    fn effects_come_back_from_their_bytes() {
        let effect = Effect {
            scope: Scope { regions: Some(vec!["CA".to_owned()]), segments: None },
            until_tick: Some(9),
            intensity: Intensity::Custom { points: vec![(0, 1.0 / 3.0), (4, 0.0)] },
            precondition: Some(Precondition {
                subject: Subject::Metric("adoption_rate".to_owned()),
                region: None,
                comparison: Comparison::AtLeast,
                value: 0.1 + 0.2,
            }),
            cause: Some(Cause {
                bundle: "seasons".to_owned(),
                step: 1,
                script_id: "w".to_owned(),
                script_version: 2,
                script: "winter".to_owned(),
                effect: 0,
            }),
            ..Effect::shift("economy_confidence", -0.1)
        };
        let effects = vec![effect, Effect::shift("social_trust", 1.0)];
        let bytes = effects_to_bytes(&effects);
        assert_eq!(effects_from_bytes(&bytes).unwrap(), effects);
        assert!(effects_from_bytes(&bytes[..3]).is_err() && effects_from_bytes(&bytes[1..]).is_err());
    }
}
