//! Numbers in bodies. Owns what counts as a whole number, as a number, and as a table of named numbers, with errors
//! that people can act on; it must not know any field's range beyond what is passed in.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::Serializer;

/// A whole number as written, whatever its size or sign; fields bound it afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(pub i128);

/// A finite number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

/// Numbers by name; a name may stand only once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(pub BTreeMap<String, f64>);

impl Whole {
    /// The number as a `T`, where it is within `min..=max`.
    pub fn within<T: TryFrom<i128>>(self, min: i128, max: i128) -> Option<T> {
        if self.0 < min || self.0 > max { None } else { T::try_from(self.0).ok() }
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    /// Also where integers end that 64 bits cannot hold: JSON readers hand those over as floating point.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Whole, E> {
        let problem = if value.fract() == 0.0 && value.abs() >= 9e18 {
            format!("must be at most {} and at least {}", u64::MAX, i64::MIN)
        } else {
            format!("must be a whole number without fraction or exponent, not {value:?}")
        };
        Err(E::custom(problem))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    /// TOML, unlike JSON, can say `nan` and `inf`.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        if value.is_finite() { Ok(Number(value)) } else { Err(E::custom("must be a finite number")) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of numbers by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Numbers, A::Error> {
        let mut numbers = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let Number(value) = entries.next_value()?;
            if numbers.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            numbers.insert(name, value);
        }
        Ok(Numbers(numbers))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NumbersVisitor)
    }
}

/// Writes a number rounded to three decimals, and without any where it is whole: 25, 33.333.
///
/// # Errors
/// The serializer's.
pub fn short<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here every whole `f64` is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded.fract() == 0.0 && rounded.abs() < EXACT {
        serializer.serialize_i64(rounded as i64)
    } else {
        serializer.serialize_f64(rounded)
    }
}

/// The same for a number that may be missing.
///
/// # Errors
/// The serializer's.
pub fn short_or_null<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => short(value, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(json: &str) -> Result<i128, String> {
        serde_json::from_str::<Whole>(json).map(|whole| whole.0).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_keep_every_digit_and_refuse_the_rest() {
        assert_eq!(whole("18446744073709551615"), Ok(u64::MAX.into()));
        assert_eq!(whole("-1"), Ok(-1));
        for (json, problem) in [
            ("1e2", "must be a whole number without fraction or exponent, not 100.0"),
            ("1.5", "must be a whole number without fraction or exponent, not 1.5"),
            ("18446744073709551616", "must be at most 18446744073709551615"),
            ("\"7\"", "expected a whole number"),
            ("true", "expected a whole number"),
        ] {
            assert!(whole(json).unwrap_err().contains(problem), "{json}: {:?}", whole(json));
        }
    }

    #[test]
    fn named_numbers_stand_once() {
        let numbers: Numbers = serde_json::from_str(r#"{"a": 1, "b": -0.5}"#).unwrap();
        assert_eq!(numbers.0.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1.0), ("b".to_owned(), -0.5)]);
        assert!(serde_json::from_str::<Numbers>(r#"{"a": 1, "a": 2}"#).unwrap_err().to_string().contains("duplicate"));
        assert!(serde_json::from_str::<Numbers>(r#"{"a": null}"#).is_err());
        assert!(toml::from_str::<Numbers>("a = nan").unwrap_err().to_string().contains("finite"));
    }

    #[test]
    fn short_numbers_have_no_needless_digits() {
        let text = |value: f64| {
            let mut out = Vec::new();
            short(&value, &mut serde_json::Serializer::new(&mut out)).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!([text(25.0), text(100.0 / 3.0), text(0.0), text(144.9999)], ["25", "33.333", "0", "145"]);
    }
}
