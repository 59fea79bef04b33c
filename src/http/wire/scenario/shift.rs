//! Shifts of variables: a number, or an object or a list of objects that say when and where. Owns these forms.

use std::collections::BTreeMap;
use std::fmt;

use civitas_engine::{Effect, Scope};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::effect::tick;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::number::{Number, Whole};
use crate::http::wire::object::Object;

/// Shifts by name; a name may stand only once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shifts(BTreeMap<String, Shift>);

/// A shift of a variable.
#[derive(Clone, Debug, PartialEq)]
enum Shift {
    /// Everywhere, from the beginning on.
    Plain(f64),
    /// Some time, somewhere; and whether there is a list of them.
    Windows(Vec<WindowShift>, bool),
}

/// The forms of a shift, for the OpenAPI document.
#[derive(ToSchema)]
#[schema(as = VariableDelta)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) enum ShiftForms {
    /// Everywhere, from tick 0 on, between -1 and 1.
    Number(f64),
    /// Some time, somewhere.
    Window(WindowShift),
    /// Several of these.
    Windows(Vec<WindowShift>),
}

/// A shift for a window and a scope.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WindowDelta)]
pub struct WindowShift {
    /// By how much.
    #[schema(value_type = f64, minimum = -1, maximum = 1)]
    pub delta: Number,
    /// The first tick that is stepped under it; 0, or of a fork the first of its own, where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub from_tick: Option<Whole>,
    /// The tick whose state is the last that was stepped under it; it has no end where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub until_tick: Option<Whole>,
    /// Codes of the regions where; all where it is left out.
    pub regions: Option<Vec<String>>,
    /// Names of the segments for whom; all where it is left out.
    pub segments: Option<Vec<String>>,
}

/// A shift with where it stands and whose it is.
pub(super) struct Placed {
    field: String,
    variable: String,
    window: WindowShift,
}

impl Placed {
    /// The shift as an effect.
    pub(super) fn effect(self) -> ApiResult<Effect> {
        let Self { field, variable, window } = self;
        if !(-1.0..=1.0).contains(&window.delta.0) {
            return Err(ApiError::invalid(format!("{field}.delta must be between -1 and 1, not {}", window.delta.0)));
        }
        let effect = Effect {
            scope: Scope { regions: window.regions, segments: window.segments },
            from_tick: tick(&format!("{field}.from_tick"), window.from_tick)?,
            until_tick: tick(&format!("{field}.until_tick"), window.until_tick)?,
            ..Effect::shift(variable, window.delta.0)
        };
        effect.check(&field)?;
        Ok(effect)
    }
}

impl Shifts {
    /// Both; where both shift a variable, `over` wins.
    pub(super) fn merged(base: Option<Self>, over: Option<Self>) -> Option<Self> {
        match (base, over) {
            (Some(mut base), Some(over)) => {
                base.0.extend(over.0);
                Some(base)
            }
            (base, over) => over.or(base),
        }
    }

    /// The plain ones, and the others with where they stand and their variable.
    pub(super) fn split(self) -> (BTreeMap<String, f64>, Vec<Placed>) {
        let (mut plain, mut others) = (BTreeMap::new(), Vec::new());
        for (name, shift) in self.0 {
            let field = format!("scenario_patch.variable_deltas.{name}");
            match shift {
                Shift::Plain(delta) => drop(plain.insert(name, delta)),
                Shift::Windows(windows, is_list) => {
                    let place = |place| if is_list { format!("{field}[{place}]") } else { field.clone() };
                    let placed = |(n, window)| Placed { field: place(n), variable: name.clone(), window };
                    others.extend(windows.into_iter().enumerate().map(placed));
                }
            }
        }
        (plain, others)
    }
}

struct ShiftVisitor;

impl<'de> Visitor<'de> for ShiftVisitor {
    type Value = Shift;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or an object or a list of objects {delta, from_tick, until_tick, regions, segments}")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Shift, E> {
        Ok(Shift::Plain(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Shift, E> {
        Ok(Shift::Plain(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Shift, E> {
        // TOML, unlike JSON, can say nan and inf.
        if value.is_finite() { Ok(Shift::Plain(value)) } else { Err(E::custom("must be a finite number")) }
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Shift, A::Error> {
        let window = WindowShift::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(Shift::Windows(vec![window], false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shift, A::Error> {
        let mut windows = Vec::new();
        while let Some(Object(window)) = items.next_element()? {
            windows.push(window);
        }
        Ok(Shift::Windows(windows, true))
    }
}

impl<'de> Deserialize<'de> for Shift {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShiftVisitor)
    }
}

struct ShiftsVisitor;

impl<'de> Visitor<'de> for ShiftsVisitor {
    type Value = Shifts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of shifts by variable")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Shifts, A::Error> {
        let mut shifts = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let shift = entries.next_value()?;
            if shifts.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            shifts.insert(name, shift);
        }
        Ok(Shifts(shifts))
    }
}

impl<'de> Deserialize<'de> for Shifts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ShiftsVisitor)
    }
}
