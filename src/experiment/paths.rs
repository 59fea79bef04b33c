//! Field paths: the engine names fields as a run has them (`network.mean_degree`, `workflow.steps[0].key`), users as they
//! wrote them (`agent.network.mean_degree`, `workflow[0].key`). Owns the way back, and what an error is on this door.

use std::collections::BTreeMap;

use civitas_actors::RuntimeError;
use civitas_engine::EngineError;

use super::{foreign, invalid};
use crate::http::errors::{ApiError, ErrorCode};

/// Engine's paths and where users have what stands there.
const MOVED: [(&str, &str); 6] = [
    ("horizon_ticks", "workflow"),
    ("model", "agent.model"),
    ("network.", "agent.network."),
    ("parameters.", "agent.parameters."),
    ("population.agents", "agent.citizens"),
    ("population.dataset", "map.dataset"),
];

/// How one configuration was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// The workflow is a list, not an object with one.
    list: bool,
    /// Where questions that stand on pages stand, by step and question.
    questions: BTreeMap<(usize, usize), String>,
}

impl Paths {
    /// Those of a workflow that is a list.
    pub(super) fn of_list() -> Self {
        Self { list: true, questions: BTreeMap::new() }
    }

    /// The path of the list of steps.
    pub(super) fn steps(&self) -> &'static str {
        if self.list { "workflow" } else { "workflow.steps" }
    }

    /// Remembers where the questions of a step stand.
    pub(super) fn note_questions(&mut self, step: usize, places: Vec<String>) {
        self.questions.extend(places.into_iter().enumerate().map(|(question, place)| ((step, question), place)));
    }

    /// The user's path of what the engine calls `field`.
    fn of(&self, field: &str) -> String {
        if let Some(rest) = field.strip_prefix("workflow.steps") {
            let rest = self.question(rest).unwrap_or_else(|| rest.to_owned());
            return format!("{}{rest}", self.steps());
        }
        let moved = MOVED.iter().find_map(|(from, to)| field.strip_prefix(from).map(|rest| format!("{to}{rest}")));
        moved.unwrap_or_else(|| field.to_owned())
    }

    /// `[0].survey.questions[1].key` where that question stands elsewhere.
    fn question(&self, rest: &str) -> Option<String> {
        let (step, rest) = rest.strip_prefix('[')?.split_once("].survey.questions[")?;
        let (question, rest) = rest.split_once(']')?;
        let place = self.questions.get(&(step.parse().ok()?, question.parse().ok()?))?;
        Some(format!("[{step}].survey.{place}{rest}"))
    }

    /// What the engine refuses, in the words of this door.
    pub fn refused(&self, error: EngineError) -> ApiError {
        match error {
            EngineError::Invalid { field, problem } => {
                invalid(self.of(&field), problem.replace("population.agents", "the number of agents"))
            }
            EngineError::Network { problem } => invalid(self.of("network.kind"), problem),
            EngineError::UnknownModel { name, known } => {
                invalid("agent.model", format!("names no model `{name}`; there are: {known}"))
            }
            EngineError::UnknownDataset { name, known } => {
                invalid("map.dataset", format!("names no data set `{name}`; there are: {known}"))
            }
            other => other.into(),
        }
    }

    /// The same for the runtime.
    pub fn refused_by_runtime(&self, error: RuntimeError) -> ApiError {
        match error {
            RuntimeError::Spec(error) => self.refused(error),
            other => other.into(),
        }
    }
}

/// An error of reading the body, in the words of this door: what is JSON, but no configuration, is an invalid
/// experiment. Lists of what there is leave out what is known only to be refused.
pub fn reworded(error: ApiError) -> ApiError {
    if error.code != ErrorCode::Validation {
        return error;
    }
    let detail = match error.detail.split_once("is not a known field; there are: ") {
        Some((path, known)) => {
            let known: Vec<_> = known.split(", ").filter(|name| !foreign::NAMES.contains(name)).collect();
            format!("{path}is not a known field; there are: {}", known.join(", "))
        }
        None => error.detail,
    };
    ApiError::new(ErrorCode::InvalidExperiment, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_paths_become_the_users() {
        let (object, mut list) = (Paths::default(), Paths::of_list());
        list.note_questions(3, vec!["questions[0]".to_owned()]);
        list.note_questions(10, vec!["pages[0].elements[0]".to_owned(), "pages[1].elements[0]".to_owned()]);
        for (field, wanted) in [
            ("workflow.steps[3].key", "workflow[3].key"),
            ("workflow.steps", "workflow"),
            ("workflow.steps[3].survey.questions[0].key", "workflow[3].survey.questions[0].key"),
            ("workflow.steps[10].survey.questions[1].key", "workflow[10].survey.pages[1].elements[0].key"),
            ("workflow.steps[10].survey.questions[9].key", "workflow[10].survey.questions[9].key"),
            ("workflow.metric_extractors[0].key", "workflow.metric_extractors[0].key"),
            ("network.mean_degree", "agent.network.mean_degree"),
            ("parameters.pace", "agent.parameters.pace"),
            ("agent.citizens[0].number", "agent.citizens[0].number"),
            ("horizon_ticks", "workflow"),
            ("environment.social_trust", "environment.social_trust"),
        ] {
            assert_eq!(list.of(field), wanted);
        }
        assert_eq!(object.of("workflow.steps[3].key"), "workflow.steps[3].key");
    }
}
