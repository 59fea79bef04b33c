//! How strong an effect is so long after it began: the shapes and their formulas. Owns the range of each shape's numbers; it
//! must not know what the effect does.

use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};
use crate::spec::{MAX_HORIZON_TICKS, in_range};

/// The most points of a custom curve.
pub const MAX_CURVE_POINTS: usize = 64;

/// The strength of an effect over time, between 0 and 1. With a the number of ticks since the effect began, 0 in its first
/// tick:
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case", deny_unknown_fields)]
pub enum Intensity {
    /// 1 from the first tick on.
    #[default]
    Step,
    /// 1 in the first tick, 0 afterwards.
    Instantaneous,
    /// 1 for so many ticks, 0 afterwards.
    Pulse {
        /// How many, at least 1.
        ticks: u32,
    },
    /// `max(0, 1 - a / ticks)`.
    LinearDecay {
        /// After how many ticks nothing is left, at least 1.
        ticks: u32,
    },
    /// `2^(-a / half_life_ticks)`.
    ExponentialDecay {
        /// After how many ticks half of it is left, at least 0.1.
        half_life_ticks: f64,
    },
    /// 0 for `lag_ticks` ticks, then `min(1, (a - lag_ticks + 1) / (rise_ticks + 1))`.
    Lagged {
        /// How many ticks nothing is felt.
        lag_ticks: u32,
        /// Over how many ticks more it rises; 0 for all at once.
        rise_ticks: u32,
    },
    /// Through these points of a and strength, with straight lines between them; 0 before the first, and as at the last
    /// one after it.
    Custom {
        /// The points, a rising.
        points: Vec<(u32, f64)>,
    },
}

impl Intensity {
    /// The strength `age` ticks after the first.
    pub fn at(&self, age: u32) -> f64 {
        let held = |holds: bool| if holds { 1.0 } else { 0.0 };
        match *self {
            Self::Step => 1.0,
            Self::Instantaneous => held(age == 0),
            Self::Pulse { ticks } => held(age < ticks),
            Self::LinearDecay { ticks } => (1.0 - f64::from(age) / f64::from(ticks)).max(0.0),
            Self::ExponentialDecay { half_life_ticks } => libm::exp2(-f64::from(age) / half_life_ticks),
            Self::Lagged { lag_ticks, rise_ticks } => match age.checked_sub(lag_ticks) {
                Some(since) => (f64::from(since + 1) / f64::from(rise_ticks + 1)).min(1.0),
                None => 0.0,
            },
            Self::Custom { ref points } => along(points, age),
        }
    }

    /// How many ticks it lasts at most; `None` where it never comes to nothing for good.
    pub fn lasts_ticks(&self) -> Option<u32> {
        match *self {
            Self::Instantaneous => Some(1),
            Self::Pulse { ticks } | Self::LinearDecay { ticks } => Some(ticks),
            Self::Custom { ref points } => points.last().filter(|(_, strength)| *strength == 0.0).map(|(age, _)| *age),
            Self::Step | Self::ExponentialDecay { .. } | Self::Lagged { .. } => None,
        }
    }

    /// The word used for the shape.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Instantaneous => "instantaneous",
            Self::Pulse { .. } => "pulse",
            Self::LinearDecay { .. } => "linear_decay",
            Self::ExponentialDecay { .. } => "exponential_decay",
            Self::Lagged { .. } => "lagged",
            Self::Custom { .. } => "custom",
        }
    }

    /// Refuses numbers out of range; `field` is where the shape stands.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] with the field.
    pub fn check(&self, field: &str) -> Result<()> {
        let ticks = |name: &str, ticks: u32, least: u32| {
            if (least..=MAX_HORIZON_TICKS).contains(&ticks) {
                return Ok(());
            }
            let problem = format!("must be between {least} and {MAX_HORIZON_TICKS}, not {ticks}");
            Err(EngineError::invalid(format!("{field}.{name}"), problem))
        };
        match *self {
            Self::Step | Self::Instantaneous => Ok(()),
            Self::Pulse { ticks: lasts } | Self::LinearDecay { ticks: lasts } => ticks("ticks", lasts, 1),
            Self::ExponentialDecay { half_life_ticks } => {
                in_range(&format!("{field}.half_life_ticks"), half_life_ticks, 0.1, MAX_HORIZON_TICKS.into())
            }
            Self::Lagged { lag_ticks, rise_ticks } => {
                ticks("lag_ticks", lag_ticks, 0).and_then(|()| ticks("rise_ticks", rise_ticks, 0))
            }
            Self::Custom { ref points } => check_points(field, points),
        }
    }
}

fn check_points(field: &str, points: &[(u32, f64)]) -> Result<()> {
    let field = format!("{field}.points");
    if !(1..=MAX_CURVE_POINTS).contains(&points.len()) {
        let problem = format!("must be 1 to {MAX_CURVE_POINTS} points, not {}", points.len());
        return Err(EngineError::invalid(field, problem));
    }
    if !points.is_sorted_by(|one, next| one.0 < next.0) {
        return Err(EngineError::invalid(field, "must have ticks that rise from point to point"));
    }
    for (place, &(age, strength)) in points.iter().enumerate() {
        in_range(&format!("{field}[{place}][0]"), age.into(), 0.0, MAX_HORIZON_TICKS.into())?;
        in_range(&format!("{field}[{place}][1]"), strength, 0.0, 1.0)?;
    }
    Ok(())
}

/// The height at `age` of straight lines through the points.
fn along(points: &[(u32, f64)], age: u32) -> f64 {
    let after = points.partition_point(|&(there, _)| there <= age);
    let Some(&(left, low)) = after.checked_sub(1).and_then(|before| points.get(before)) else { return 0.0 };
    match points.get(after) {
        Some(&(right, high)) => low + (high - low) * f64::from(age - left) / f64::from(right - left),
        None => low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strengths(shape: &Intensity, ages: &[u32]) -> Vec<f64> {
        ages.iter().map(|&age| shape.at(age)).collect()
    }

    /// By hand, from the formulas in the documentation.
    #[test]
    fn every_shape_follows_its_formula() {
        let linear = Intensity::LinearDecay { ticks: 4 };
        let half = Intensity::ExponentialDecay { half_life_ticks: 2.0 };
        let late = Intensity::Lagged { lag_ticks: 2, rise_ticks: 3 };
        let curve = Intensity::Custom { points: vec![(1, 0.2), (3, 1.0), (7, 0.0)] };
        for (shape, wanted) in [
            (Intensity::Step, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            (Intensity::Instantaneous, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            (Intensity::Pulse { ticks: 3 }, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
            (linear, [1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0]),
            (half, [1.0, 0.5_f64.sqrt(), 0.5, 0.5_f64.powf(1.5), 0.25, 0.25 * 0.5_f64.sqrt(), 0.125]),
            (Intensity::Lagged { lag_ticks: 2, rise_ticks: 0 }, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            (late, [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
            (curve, [0.0, 0.2, 0.6, 1.0, 0.75, 0.5, 0.25]),
        ] {
            let found = strengths(&shape, &[0, 1, 2, 3, 4, 5, 6]);
            assert!(
                found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-15),
                "{shape:?}: {found:?}"
            );
            assert!(shape.check("it").is_ok(), "{shape:?}");
            let end = shape.lasts_ticks().unwrap_or(0);
            assert!(end == 0 || strengths(&shape, &[end, end + 1, 900]) == [0.0; 3], "{shape:?}");
        }
        assert_eq!(strengths(&Intensity::Custom { points: vec![(0, 0.5)] }, &[0, 1, 900]), [0.5; 3]);
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        for (shape, said) in [
            (Intensity::Pulse { ticks: 0 }, "it.ticks must be between 1 and 1000, not 0"),
            (Intensity::LinearDecay { ticks: 1_001 }, "it.ticks must be between 1 and 1000, not 1001"),
            (Intensity::ExponentialDecay { half_life_ticks: 0.0 }, "it.half_life_ticks must be between 0.1 and 1000"),
            (Intensity::ExponentialDecay { half_life_ticks: f64::NAN }, "it.half_life_ticks must be"),
            (Intensity::Lagged { lag_ticks: 1_001, rise_ticks: 0 }, "it.lag_ticks must be between 0 and 1000"),
            (Intensity::Custom { points: vec![] }, "it.points must be 1 to 64 points, not 0"),
            (Intensity::Custom { points: vec![(3, 1.0), (3, 0.0)] }, "it.points must have ticks that rise"),
            (Intensity::Custom { points: vec![(3, 1.5)] }, "it.points[0][1] must be between 0 and 1, not 1.5"),
        ] {
            let found = shape.check("it").unwrap_err().to_string();
            assert!(found.starts_with(said), "{found}");
        }
    }
}
