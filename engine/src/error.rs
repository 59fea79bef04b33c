//! The engine's one error: what is wrong with a specification, a data set or stored state, and where.

/// Why the engine refuses an input. Every variant names what to change.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A field of the specification is out of its range or makes no sense.
    #[error("{field} {problem}")]
    Invalid {
        /// Path of the field as users write it, for instance `network.mean_degree`.
        field: String,
        /// What is wrong, as the rest of a sentence that starts with the field.
        problem: String,
    },
    /// A scenario names an environment variable that the model does not have.
    #[error("{at}unknown variable `{name}`{}; the model `{model}` has: {known}", meant(name, known))]
    UnknownVariable {
        /// Where it is named, with a colon and a space after it; empty where the name says it.
        at: String,
        /// The name as given.
        name: String,
        /// The model.
        model: String,
        /// The variables that exist, separated by commas.
        known: String,
    },
    /// No model is registered under this name.
    #[error("unknown model `{name}`{}; available: {known}", meant(name, known))]
    UnknownModel {
        /// The name as given.
        name: String,
        /// The models that exist, separated by commas.
        known: String,
    },
    /// No data set is known under this name.
    #[error("unknown data set `{name}`{}; available: {known}", meant(name, known))]
    UnknownDataset {
        /// The name as given.
        name: String,
        /// The data sets that exist, separated by commas.
        known: String,
    },
    /// The kind of network that is asked for cannot be had of this data set or with this model.
    #[error("network.kind {problem}")]
    Network {
        /// What is wrong, as the rest of a sentence that starts with the field.
        problem: String,
    },
    /// A table of a data set is wrong.
    #[error("{file} {unit} {line}: {problem}")]
    Dataset {
        /// The file.
        file: String,
        /// What is counted: `line`, from 1 with the header, or `row`, from 1 without it.
        unit: &'static str,
        /// The number of it.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// The model reported that something makes no sense, or gave what is no number where one is needed.
    #[error("the model reports a fault: {0}")]
    Fault(String),
    /// Saved state does not fit the run that it is restored into.
    #[error("saved state does not fit: {0}")]
    State(String),
}

/// The name that was meant, where one of those that are known is near enough.
fn meant(name: &str, known: &str) -> String {
    nearest(name, known.split(", ")).map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

/// The one of those that are known that is most like the name, where it is like enough.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &&str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let nearest = known.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    nearest.filter(|other| likeness(other) >= LIKE)
}

/// Names that are as alike as this are taken for slips of the pen; 1 is equal.
const LIKE: f64 = 0.8;

impl EngineError {
    /// An [`EngineError::Invalid`] for `field`.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }

    /// An [`EngineError::UnknownVariable`] where a model has only those that are known.
    pub(crate) fn unknown_variable<'a>(name: &str, model: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self::UnknownVariable { at: String::new(), name: name.to_owned(), model: model.to_owned(), known }
    }

    /// The same for an unknown variable that is named at this place.
    pub(crate) fn named_at(self, place: &str) -> Self {
        match self {
            Self::UnknownVariable { name, model, known, .. } => {
                Self::UnknownVariable { at: format!("{place}: "), name, model, known }
            }
            other => other,
        }
    }

    /// The system refuses the memory that a partition needs.
    pub(crate) fn no_memory() -> Self {
        Self::invalid("population.agents", "needs more memory than there is")
    }

    /// A partition's ties cannot be numbered with 32 bits.
    pub(crate) fn too_many_ties() -> Self {
        let problem = "makes more than 2^32 ties in one partition; use a smaller degree or more partitions";
        Self::invalid("network.mean_degree", problem)
    }
}

/// The result of an engine call.
pub type Result<T> = std::result::Result<T, EngineError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let known = "economy_confidence, media_sentiment, social_trust, price_sensitivity";
        let said = |name: &str| {
            let (name, model, known) = (name.to_owned(), "society".to_owned(), known.to_owned());
            EngineError::UnknownVariable { at: String::new(), name, model, known }.to_string()
        };
        assert!(said("economic_confidence").starts_with(
            "unknown variable `economic_confidence`, did you mean `economy_confidence`?; the model `society` has: economy"
        ));
        assert!(said("Social_Trust").contains("did you mean `social_trust`?"));
        assert!(said("luck").starts_with("unknown variable `luck`; the model"));
        let (name, known) = ("socity".to_owned(), String::new());
        assert_eq!(EngineError::UnknownModel { name, known }.to_string(), "unknown model `socity`; available: ");
    }
}
