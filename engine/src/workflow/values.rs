//! Values as users write them, and the numbers of traits: checked against the trait's kind and range.

use crate::error::{EngineError, Result};
use crate::model::{Trait, TraitKind};
use crate::spec::in_range;
use crate::workflow::groups::{Kind, Sampler};
use crate::workflow::spec::{
    Choice, Distribution, Group, MAX_CHOICES, MAX_DISTRIBUTION_CHOICES, MAX_GROUPS, MAX_LABEL_CHARS, Value,
};
use crate::workflow::words::Words;

impl Words<'_> {
    pub(super) fn groups(&self) -> Result<Vec<Kind>> {
        let path = "agent.citizens";
        let groups = &self.workflow.groups;
        if groups.len() > MAX_GROUPS {
            return Err(EngineError::invalid(path, format!("must be at most {MAX_GROUPS} groups")));
        }
        if !groups.is_empty() && self.workflow.agents() != self.agents {
            let problem = format!("must have {} agents together, not {}", self.agents, self.workflow.agents());
            return Err(EngineError::invalid(path, problem));
        }
        let group = |(number, group): (usize, &Group)| {
            let path = format!("{path}[{number}]");
            if group.number == 0 {
                return Err(EngineError::invalid(format!("{path}.number"), "must be at least 1"));
            }
            check_text(&format!("{path}.agent_class"), &group.agent_class, MAX_LABEL_CHARS)?;
            let traits = group.traits.iter().map(|(name, distribution)| {
                let path = format!("{path}.memory_distributions.{name}");
                let number = self.settable(&path, name)?;
                Ok((number, self.sampler(&path, &self.model.traits()[number], distribution)?))
            });
            let mut traits = traits.collect::<Result<Vec<_>>>()?;
            // In the order of the model's traits, for it may let one follow from another.
            traits.sort_by_key(|(number, _)| *number);
            Ok((group.number, traits))
        };
        groups.iter().enumerate().map(group).collect()
    }

    fn sampler(&self, path: &str, known: &Trait, distribution: &Distribution) -> Result<Sampler> {
        let code = |field: String, value: &Value| code(&field, known, value);
        match distribution {
            Distribution::Constant(value) => Ok(Sampler::Constant(code(format!("{path}.value"), value)?)),
            Distribution::Choice { choices, weights } => {
                let values = choices.iter().enumerate().map(|(n, value)| code(format!("{path}.choices[{n}]"), value));
                let values = values.collect::<Result<Vec<_>>>()?;
                weighted(path, values, weights.as_deref())
            }
            Distribution::UniformInt { min, max } => {
                let (low, high) = range(path, known, *min as f64, *max as f64)?;
                let count = u32::try_from(i128::from(*max) - i128::from(*min) + 1).map_err(|_| {
                    EngineError::invalid(format!("{path}.max_value"), "must be less than 2^32 above min_value")
                })?;
                debug_assert!(low <= high);
                Ok(Sampler::UniformInt(low, count))
            }
            Distribution::UniformFloat { min, max } => {
                self.continuous(path, known)?;
                let (low, high) = range(path, known, *min, *max)?;
                Ok(Sampler::UniformFloat(low, high))
            }
            Distribution::Normal { mean, std, min, max } => {
                let (lowest, highest) = self.continuous(path, known)?;
                let bounds = range(path, known, min.unwrap_or(lowest), max.unwrap_or(highest))?;
                in_range(&format!("{path}.mean"), *mean, -1e15, 1e15)?;
                in_range(&format!("{path}.std"), *std, 0.0, 1e15)?;
                Ok(Sampler::Normal(*mean, *std, bounds))
            }
        }
    }

    /// The range of a trait that is a number; others have none to draw from.
    fn continuous(&self, path: &str, known: &Trait) -> Result<(f64, f64)> {
        match known.kind {
            TraitKind::Number { min, max, .. } => Ok((min, max)),
            _ => {
                let problem = format!("must be constant or choice: `{}` is no number", known.name);
                Err(EngineError::invalid(format!("{path}.dist_type"), problem))
            }
        }
    }
}

/// A choice between values, by weight.
fn weighted(path: &str, values: Vec<f64>, weights: Option<&[f64]>) -> Result<Sampler> {
    if values.is_empty() {
        return Err(EngineError::invalid(format!("{path}.choices"), "must not be empty"));
    }
    if values.len() > MAX_DISTRIBUTION_CHOICES {
        let problem = format!("must be at most {MAX_DISTRIBUTION_CHOICES}, not {}", values.len());
        return Err(EngineError::invalid(format!("{path}.choices"), problem));
    }
    let field = format!("{path}.weights");
    let even = vec![1.0; values.len()];
    let weights = weights.unwrap_or(&even);
    if weights.len() != values.len() {
        let problem = format!("must be as many as choices: {}, not {}", values.len(), weights.len());
        return Err(EngineError::invalid(field, problem));
    }
    for (place, &weight) in weights.iter().enumerate() {
        in_range(&format!("{field}[{place}]"), weight, 0.0, 1e15)?;
    }
    let mut sum = 0.0;
    let upto = weights.iter().map(|weight| {
        sum += weight;
        sum
    });
    let choices: Vec<_> = values.into_iter().zip(upto).collect();
    if sum <= 0.0 {
        return Err(EngineError::invalid(field, "must not all be 0"));
    }
    Ok(Sampler::Choice(choices))
}

/// Bounds that lie in the trait's own, the lower one first.
fn range(path: &str, known: &Trait, min: f64, max: f64) -> Result<(f64, f64)> {
    let (lowest, highest) = match known.kind {
        TraitKind::Number { min, max, .. } => (min, max),
        TraitKind::Flag => (0.0, 1.0),
        TraitKind::Choice(_) => {
            let problem = format!("must be constant or choice: `{}` is no number", known.name);
            return Err(EngineError::invalid(format!("{path}.dist_type"), problem));
        }
    };
    in_range(&format!("{path}.min_value"), min, lowest, highest)?;
    in_range(&format!("{path}.max_value"), max, lowest, highest)?;
    if min > max {
        return Err(EngineError::invalid(format!("{path}.min_value"), format!("must be at most max_value, {max}")));
    }
    Ok((min, max))
}

/// The number of a value that a trait takes.
pub(crate) fn code(field: &str, known: &Trait, value: &Value) -> Result<f64> {
    // Adding zero takes the sign off a negative zero.
    let number = compared(field, known, value)? + 0.0;
    if let TraitKind::Number { min, max, .. } = known.kind {
        in_range(field, number, min, max)?;
    }
    Ok(number)
}

/// The number of a value that a trait is compared with; numbers may lie outside of its range.
pub(crate) fn compared(field: &str, known: &Trait, value: &Value) -> Result<f64> {
    match (&known.kind, value) {
        (TraitKind::Number { .. }, Value::Number(number)) if number.is_finite() => Ok(*number),
        (TraitKind::Number { .. }, _) => {
            Err(EngineError::invalid(field, format!("must be a number: `{}` is one", known.name)))
        }
        (TraitKind::Flag, Value::Flag(flag)) => Ok(f64::from(u8::from(*flag))),
        (TraitKind::Flag, Value::Number(number)) if *number == 0.0 || *number == 1.0 => Ok(*number),
        (TraitKind::Flag, _) => {
            Err(EngineError::invalid(field, format!("must be true or false: `{}` is yes or no", known.name)))
        }
        (TraitKind::Choice(labels), Value::Text(label)) if labels.contains(&label.as_str()) => {
            Ok(labels.iter().position(|known| known == label).unwrap_or(0) as f64)
        }
        (TraitKind::Choice(labels), _) => {
            Err(EngineError::invalid(field, format!("must be one of: {}", labels.join(", "))))
        }
    }
}

/// The labels of a question's answers, and for a trait that is no number the place of the answer for each of its values.
pub(super) fn answers(field: &str, known: &Trait, given: &[Choice]) -> Result<(Vec<String>, Vec<usize>)> {
    let wrong = |problem: String| Err(EngineError::invalid(field, problem));
    let own: &[&str] = match known.kind {
        TraitKind::Number { .. } => &[],
        TraitKind::Flag => &["no", "yes"],
        TraitKind::Choice(labels) => labels,
    };
    if given.is_empty() {
        return match own {
            [] => wrong(format!("is required: `{}` is a number, whose range it cuts", known.name)),
            own => Ok((own.iter().map(|&label| label.to_owned()).collect(), (0..own.len()).collect())),
        };
    }
    if !(2..=MAX_CHOICES).contains(&given.len()) {
        return wrong(format!("must be between 2 and {MAX_CHOICES}, not {}", given.len()));
    }
    for (place, choice) in given.iter().enumerate() {
        check_text(&format!("{field}[{place}]"), &choice.label, MAX_LABEL_CHARS)?;
        if given[..place].iter().any(|other| other.label == choice.label) {
            let problem = format!("is {:?} a second time; answers are told apart by it", choice.label);
            return Err(EngineError::invalid(format!("{field}[{place}]"), problem));
        }
    }
    let labels = given.iter().map(|choice| choice.label.clone()).collect();
    if own.is_empty() {
        return Ok((labels, Vec::new()));
    }
    let stands_for: Vec<_> = given.iter().map(|choice| meant(known, own, choice)).collect();
    let place_of = |value: usize| stands_for.iter().position(|meant| *meant == Some(value));
    match (0..own.len()).map(place_of).collect::<Option<Vec<_>>>() {
        Some(places) if given.len() == own.len() => Ok((labels, places)),
        _ => wrong(format!(
            "must say what each stands for, one for each of {}: by that name in any order, or as {{\"value\": ..., \"text\": ...}}",
            own.join(", ")
        )),
    }
}

/// The value of a trait that a choice stands for: by its value, or by a label that is the value's own name.
fn meant(known: &Trait, own: &[&str], choice: &Choice) -> Option<usize> {
    let text = match &choice.value {
        None => choice.label.clone(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Flag(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
    };
    let text = text.trim().to_lowercase();
    match (known.kind, text.as_str()) {
        (TraitKind::Flag, "no" | "false" | "0") => Some(0),
        (TraitKind::Flag, "yes" | "true" | "1") => Some(1),
        (TraitKind::Flag, _) => None,
        (_, text) => own.iter().position(|label| label.to_lowercase() == text),
    }
}

/// Refuses a text that is too long to be kept.
pub(super) fn check_text(field: &str, text: &str, max: usize) -> Result<()> {
    if text.chars().count() > max {
        return Err(EngineError::invalid(field, format!("must have at most {max} characters")));
    }
    Ok(())
}
