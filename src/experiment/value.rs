//! Single values of a configuration: one that may be a number, a truth value or a text, one or several names, things by
//! name, and the bounds that several parts share. Owns how they are written; what they mean is the engine's matter.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use civitas_engine::{MAX_TEXT_CHARS, Value};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::invalid;
use crate::http::errors::ApiResult;
use crate::http::wire::number::{Number, Whole};

/// A number, true or false, or a text.
#[derive(Clone, Debug, PartialEq, ToSchema)]
#[serde(untagged)]
#[schema(as = ExperimentValue)]
pub enum Scalar {
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A label.
    Text(String),
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Number(number) => Self::Number(number),
            Scalar::Flag(flag) => Self::Flag(flag),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, true, false or a text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// One name, or a list of them.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = ExperimentNames)]
#[expect(dead_code, reason = "describes the forms of names to OpenAPI; never held")]
pub(super) enum NamesForms {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// One name, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Names(pub Vec<String>);

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or a list of names")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Names, E> {
        Ok(Names(vec![value.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = items.next_element()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

/// Things by name; a name may stand only once.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T>(pub BTreeMap<String, T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TableVisitor<T> {
    type Value = Table<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table<T>, A::Error> {
        let mut table = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value()?;
            if table.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            table.insert(name, value);
        }
        Ok(Table(table))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TableVisitor(PhantomData))
    }
}

/// The whole number at `path`, within its bounds.
pub(super) fn whole<T: TryFrom<i128>>(path: &str, given: Whole, (min, max): (i128, i128)) -> ApiResult<T> {
    given.within(min, max).ok_or_else(|| invalid(path, format!("must be between {min} and {max}, not {}", given.0)))
}

/// The number at `path`, within its bounds.
pub(super) fn number(path: &str, Number(given): Number, (min, max): (f64, f64)) -> ApiResult<f64> {
    if (min..=max).contains(&given) {
        return Ok(given);
    }
    Err(invalid(path, format!("must be between {min} and {max}, not {given}")))
}

/// What stands at `path`, which must be there.
pub(super) fn required<T>(path: &str, given: Option<T>) -> ApiResult<T> {
    given.ok_or_else(|| invalid(path, "is required"))
}

/// The text at `path`, which must be there and say something.
pub(super) fn text(path: &str, given: Option<String>) -> ApiResult<String> {
    let text = required(path, given)?;
    if text.trim().is_empty() { Err(invalid(path, "must not be empty")) } else { Ok(text) }
}

/// Checks a text that is for people alone and kept nowhere else.
pub(super) fn check_description(path: &str, given: Option<&str>) -> ApiResult<()> {
    match given {
        Some(text) if text.chars().count() > MAX_TEXT_CHARS => {
            Err(invalid(format!("{path}.description"), format!("must have at most {MAX_TEXT_CHARS} characters")))
        }
        _ => Ok(()),
    }
}
