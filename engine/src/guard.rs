//! Model code held at arm's length: a panic in it, or a fault that it reports, becomes a message for whoever called it. It owns
//! nothing; where a guard is needed is its callers' affair.
//!
//! A fault unwinds like a panic, past whatever the model was doing, so that a step which can fail costs nothing until it does.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::{EngineError, Result};

/// Why model code came to no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFailure {
    /// It panicked, and said this.
    Panicked(String),
    /// It reported a fault, or the engine found one in what it gave: a sentence.
    Faulty(String),
}

impl ModelFailure {
    /// What it did, as a verb that is followed by what it was about.
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Panicked(_) => "panicked on",
            Self::Faulty(_) => "reports a fault about",
        }
    }

    /// The same, saying more.
    #[must_use]
    pub fn saying(self, more: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Panicked(said) => Self::Panicked(more(said)),
            Self::Faulty(said) => Self::Faulty(more(said)),
        }
    }
}

impl fmt::Display for ModelFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Panicked(said) | Self::Faulty(said)) = self;
        f.write_str(said)
    }
}

/// A reported fault on its way to the guard.
struct Reported(String);

/// Ends the run as failed with `MODEL_FAULT` and this sentence: for a model that finds that its numbers make no sense. Call it
/// wherever model code runs; within a step [`crate::Around::fault`] says whose step it was. It does not return, and nothing
/// of the tick is kept. Where no engine runs the model, it is a panic without a message.
pub fn model_fault(problem: impl fmt::Display) -> ! {
    resume_unwind(Box::new(Reported(problem.to_string())))
}

/// Runs model code; a panic or a fault becomes its message. What the code was changing is not to be used afterwards.
///
/// # Errors
/// What the panic or the fault said.
pub fn guarded<T>(code: impl FnOnce() -> T) -> std::result::Result<T, ModelFailure> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| failure_of(payload.as_ref()))
}

/// The same for who calls models without an actor system: a fault becomes an error, and a panic goes on.
///
/// # Errors
/// [`EngineError::Fault`].
pub(crate) fn unless_faulty<T>(code: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|payload| match payload.downcast::<Reported>() {
        Ok(reported) => Err(EngineError::Fault(reported.0)),
        Err(panic) => resume_unwind(panic),
    })
}

/// Why model code unwound.
pub fn failure_of(payload: &(dyn Any + Send)) -> ModelFailure {
    if let Some(Reported(said)) = payload.downcast_ref() {
        return ModelFailure::Faulty(said.clone());
    }
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    ModelFailure::Panicked(text.unwrap_or_else(|| "a panic without a message".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_and_faults_are_told_apart() {
        assert_eq!(guarded(|| 5), Ok(5));
        let fault = guarded(|| {
            if true {
                model_fault(format_args!("wealth is {}", -1))
            }
        });
        assert_eq!(fault, Err(ModelFailure::Faulty("wealth is -1".to_owned())));
        let panic = guarded(|| {
            if true {
                resume_unwind(Box::new("boom"))
            }
        });
        assert_eq!(panic, Err(ModelFailure::Panicked("boom".to_owned())));
        let strange = guarded(|| {
            if true {
                resume_unwind(Box::new(7))
            }
        });
        assert_eq!(strange, Err(ModelFailure::Panicked("a panic without a message".to_owned())));
    }

    #[test]
    fn without_actors_a_fault_is_an_error_and_a_panic_goes_on() {
        let fault: Result<()> = unless_faulty(|| model_fault("no sense"));
        assert_eq!(fault, Err(EngineError::Fault("no sense".to_owned())));
        let panic = guarded(|| unless_faulty(|| -> Result<()> { resume_unwind(Box::new("boom")) }));
        assert_eq!(panic, Err(ModelFailure::Panicked("boom".to_owned())));
    }
}
