//! The `survey` of a step: questions in a list, or on pages as SurveyJS and AgentSociety write them. Owns the forms of
//! questions and answers; whether a trait can answer in a form is the engine's to check.

use std::collections::BTreeSet;
use std::fmt;

use civitas_engine::{Choice, Question, QuestionKind, Value};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use utoipa::ToSchema;

use super::value::{Scalar, check_description, text, whole};
use super::{invalid, unsupported};
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;

/// Questions that agents answer from their state.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentSurvey)]
pub struct SurveyBody {
    /// An id of your own; not used.
    pub id: Option<String>,
    /// What it is called.
    #[schema(max_length = 500)]
    pub title: Option<String>,
    /// For people.
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// The questions; this or `pages`.
    #[schema(value_type = Option<Vec<QuestionBody>>)]
    pub questions: Option<Vec<Object<QuestionBody>>>,
    /// The questions by page, as SurveyJS has them; they are asked as one list.
    #[schema(value_type = Option<Vec<Page>>)]
    pub pages: Option<Vec<Object<Page>>>,
}

/// A page of a survey.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentSurveyPage)]
pub struct Page {
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// The questions.
    #[schema(value_type = Vec<QuestionBody>)]
    pub elements: Vec<Object<QuestionBody>>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentQuestion)]
pub struct QuestionBody {
    /// Names the answers; once per survey.
    #[schema(max_length = 100)]
    pub name: String,
    /// The question, for people; its name where it is left out.
    #[serde(alias = "text")]
    #[schema(max_length = 500)]
    pub title: Option<String>,
    /// `choice` (or `radiogroup`), `rating` or `number`.
    pub r#type: String,
    /// The trait that answers.
    #[schema(required = true)]
    pub key: Option<String>,
    /// The answers to choose from.
    #[schema(value_type = Option<Vec<LabelForms>>, max_items = 32)]
    pub choices: Option<Vec<Label>>,
    /// The lowest rating.
    #[serde(alias = "rateMin", alias = "min_rating")]
    #[schema(value_type = Option<i32>, default = 1)]
    pub min: Option<Whole>,
    /// The highest rating.
    #[serde(alias = "rateMax", alias = "max_rating")]
    #[schema(value_type = Option<i32>, default = 5)]
    pub max: Option<Whole>,
    /// Accepted as SurveyJS writes it; every agent answers every question.
    #[serde(alias = "isRequired")]
    pub required: Option<bool>,
}

/// A choice: its text, or `{value, text}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Label(Choice);

/// A choice: its text, or an object as SurveyJS has it.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = ExperimentChoice)]
#[expect(dead_code, reason = "describes the forms of a choice to OpenAPI; never held")]
pub(super) enum LabelForms {
    /// Its text.
    Text(String),
    /// With a value of your own.
    Object(LabelObject),
}

/// A choice as SurveyJS has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentChoiceObject)]
pub(super) struct LabelObject {
    /// The value of the trait that it stands for; the choice's text where there is no other.
    value: Option<Scalar>,
    /// The choice, for people.
    text: Option<String>,
}

struct LabelVisitor;

impl<'de> Visitor<'de> for LabelVisitor {
    type Value = Label;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an object with value and text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
        Ok(Label(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Label, A::Error> {
        let LabelObject { value, text } = LabelObject::deserialize(MapAccessDeserializer::new(fields))?;
        let label = text.or_else(|| value.as_ref().map(Scalar::to_string));
        let label = label.ok_or_else(|| A::Error::custom("must have text or value"))?;
        Ok(Label(Choice { label, value: value.map(Value::from) }))
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LabelVisitor)
    }
}

/// A survey in the engine's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asking {
    pub(super) title: String,
    pub(super) questions: Vec<Question>,
    /// Where each question stands below the survey, for errors: `pages[0].elements[1]`.
    pub(super) places: Vec<String>,
}

impl SurveyBody {
    /// The survey; `path` is its own.
    pub(super) fn asking(self, path: &str) -> ApiResult<Asking> {
        check_description(path, self.description.as_deref())?;
        let placed = match (self.questions, self.pages) {
            (Some(questions), None) => in_list(questions, "questions"),
            (None, Some(pages)) => {
                let page =
                    |(n, Object(page)): (usize, Object<Page>)| in_list(page.elements, &format!("pages[{n}].elements"));
                pages.into_iter().enumerate().flat_map(page).collect()
            }
            (Some(_), Some(_)) => return Err(invalid(path, "must have questions or pages, not both")),
            (None, None) => return Err(invalid(format!("{path}.questions"), "is required")),
        };
        if placed.is_empty() {
            return Err(invalid(path, "must ask at least one question"));
        }
        let mut asking = Asking { title: self.title.unwrap_or_default(), questions: Vec::new(), places: Vec::new() };
        let mut names = BTreeSet::new();
        for (place, body) in placed {
            let question = body.question(&format!("{path}.{place}"))?;
            if !names.insert(question.name.clone()) {
                let problem = format!("is {:?}, as an earlier question's of this survey is", question.name);
                return Err(invalid(format!("{path}.{place}.name"), problem));
            }
            asking.questions.push(question);
            asking.places.push(place);
        }
        Ok(asking)
    }
}

/// The questions of a list, each with where it stands.
fn in_list(questions: Vec<Object<QuestionBody>>, list: &str) -> Vec<(String, QuestionBody)> {
    questions.into_iter().enumerate().map(|(n, Object(question))| (format!("{list}[{n}]"), question)).collect()
}

impl QuestionBody {
    fn question(self, path: &str) -> ApiResult<Question> {
        let name = text(&format!("{path}.name"), Some(self.name.clone()))?;
        let kind = self.kind(path)?;
        let key = self.key.ok_or_else(|| {
            invalid(format!("{path}.key"), "is required: it names the trait of the agents that answers")
        })?;
        Ok(Question { text: self.title.unwrap_or_else(|| name.clone()), name, key, kind })
    }

    fn kind(&self, path: &str) -> ApiResult<QuestionKind> {
        let bounds = [("min", self.min.is_some()), ("max", self.max.is_some())];
        match self.r#type.as_str() {
            "choice" | "radiogroup" => {
                self.refuse(path, &bounds)?;
                let labels = self.choices.clone().unwrap_or_default();
                for (n, Label(choice)) in labels.iter().enumerate() {
                    text(&format!("{path}.choices[{n}]"), Some(choice.label.clone()))?;
                }
                Ok(QuestionKind::Choice(labels.into_iter().map(|Label(choice)| choice).collect()))
            }
            "rating" => {
                self.refuse(path, &[("choices", self.choices.is_some())])?;
                let bound = |field: &str, given: Option<Whole>, default: i128| {
                    let all = (i32::MIN.into(), i32::MAX.into());
                    whole(&format!("{path}.{field}"), given.unwrap_or(Whole(default)), all)
                };
                Ok(QuestionKind::Rating { min: bound("min", self.min, 1)?, max: bound("max", self.max, 5)? })
            }
            "number" => {
                self.refuse(path, &[bounds[0], bounds[1], ("choices", self.choices.is_some())])?;
                Ok(QuestionKind::Number)
            }
            other => Err(self.unknown(&format!("{path}.type"), other)),
        }
    }

    /// Refuses fields that the question's type has no use for.
    fn refuse(&self, path: &str, fields: &[(&str, bool)]) -> ApiResult<()> {
        match fields.iter().find(|(_, given)| *given) {
            Some((name, _)) => {
                let problem = format!("does not belong to a question of type {}", self.r#type);
                Err(invalid(format!("{path}.{name}"), problem))
            }
            None => Ok(()),
        }
    }

    /// The refusal of a type that there is not, or not here.
    fn unknown(&self, path: &str, kind: &str) -> ApiError {
        let known = "ask it as choice, rating or number";
        match kind {
            "text" | "comment" | "multipletext" => unsupported(
                path,
                format!("is {kind}, which is not supported: free text needs a language model; {known}"),
            ),
            "boolean" | "checkbox" | "dropdown" | "imagepicker" | "matrix" | "matrixdropdown" | "matrixdynamic"
            | "ranking" | "tagbox" => {
                unsupported(path, format!("is {kind}, which is not supported: a trait gives one answer; {known}"))
            }
            other => invalid(path, format!("must be one of choice, rating, number, not {other:?}")),
        }
    }
}
