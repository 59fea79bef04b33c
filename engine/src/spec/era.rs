//! Runs that do not have one seed and one scenario from their first tick to their last: those that were forked from another
//! run, and those whose scenario changes on the way. It owns what was in force when; all that is made at birth (population,
//! network, groups, lots) belongs to the first era, all that is drawn in a tick to the era of that tick.
//!
//! A run with eras is a run like any other: stepped from tick 0 it ends in the bytes that its ancestors' snapshots and it
//! came to together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{RunSpec, in_range};
use crate::error::{EngineError, Result};
use crate::scenario::{AppliedBundle, Effect, without_ticks_after};
use crate::series::trend_ticks;

/// The most eras of a run: forks of forks, and changes of the scenario.
pub const MAX_ERAS: usize = 64;

/// What was in force up to a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Era {
    /// The last tick that was stepped so, with all that the run's experiment does at it: its state is the next era's first. 0
    /// for a run that was born so and never stepped.
    pub until_tick: u32,
    /// The seed.
    pub seed: u64,
    /// The horizon, which says at which ticks trends are noted.
    pub horizon_ticks: u32,
    /// Shifts of environment variables; each in [-1, 1].
    pub variable_deltas: BTreeMap<String, f64>,
}

/// What is another from a tick on; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The seed.
    pub seed: Option<u64>,
    /// The horizon, counted from tick 0.
    pub horizon_ticks: Option<u32>,
    /// Shifts of environment variables that are set anew, name by name; 0 takes a shift back.
    pub variable_deltas: BTreeMap<String, f64>,
    /// What happens besides, after all that was to happen anyway. An effect that does not say when it begins does so at the
    /// turn; none begins before it.
    pub effects: Vec<Effect>,
    /// The bundle that those of them with a cause came from.
    pub bundle: Option<AppliedBundle>,
}

impl Era {
    /// True where both would step and note alike.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let shifts = |era: &Self| -> BTreeMap<String, f64> {
            era.variable_deltas.iter().filter(|(_, delta)| **delta != 0.0).map(|(name, &d)| (name.clone(), d)).collect()
        };
        (self.seed, self.horizon_ticks) == (other.seed, other.horizon_ticks) && shifts(self) == shifts(other)
    }
}

impl RunSpec {
    /// The seed of all that is made at birth.
    pub fn birth_seed(&self) -> u64 {
        self.past.first().map_or(self.seed, |era| era.seed)
    }

    /// This run, with a turn at `from_tick`: what is changed is in force in all that comes after it, later eras included.
    /// Nothing changed gives an equal specification.
    pub fn turned(&self, from_tick: u32, turn: Turn) -> Self {
        let changed = |era: Era| Era {
            seed: turn.seed.unwrap_or(era.seed),
            horizon_ticks: turn.horizon_ticks.unwrap_or(era.horizon_ticks),
            variable_deltas: era.variable_deltas.into_iter().chain(turn.variable_deltas.clone()).collect(),
            ..era
        };
        let mut eras = Vec::with_capacity(self.past.len() + 2);
        let mut start = None;
        for era in self.past.iter().cloned() {
            let until_tick = era.until_tick;
            if until_tick <= from_tick {
                join(&mut eras, era);
            } else {
                cut(&mut eras, &era, start, from_tick);
                join(&mut eras, changed(era));
            }
            start = Some(until_tick);
        }
        cut(&mut eras, &self.present(), start, from_tick);
        join(&mut eras, changed(self.present()));
        let present = eras.pop().unwrap_or_default();
        let added = turn.effects.iter().cloned();
        let added = added.map(|effect| Effect { from_tick: effect.from_tick.or(Some(from_tick)), ..effect });
        // What would have begun after an earlier end never happens.
        let mut effects = without_ticks_after(&self.effects, present.horizon_ticks);
        effects.extend(added);
        Self {
            effects,
            bundle: turn.bundle.or_else(|| self.bundle.clone()),
            seed: present.seed,
            horizon_ticks: present.horizon_ticks,
            variable_deltas: present.variable_deltas,
            past: eras,
            ..self.clone()
        }
    }

    /// The same run without effects that would begin after `tick`.
    pub fn without_effects_after(&self, tick: u32) -> Self {
        Self { effects: without_ticks_after(&self.effects, tick), ..self.clone() }
    }

    /// The ticks at which trends are noted: those of each era within it.
    pub(crate) fn trend_ticks(&self) -> Vec<u32> {
        let mut ticks = Vec::new();
        let mut from = 0;
        for (until, horizon) in self.past.iter().map(|era| (era.until_tick, era.horizon_ticks)) {
            ticks.extend(trend_ticks(horizon).into_iter().filter(|tick| (from..=until).contains(tick)));
            from = until + 1;
        }
        ticks.extend(trend_ticks(self.horizon_ticks).into_iter().filter(|&tick| tick >= from));
        ticks
    }

    /// Which era a tick is stepped in that starts from the state of `tick`; the last one is the present.
    pub(crate) fn era_at(&self, tick: u32) -> usize {
        self.past.partition_point(|era| era.until_tick <= tick)
    }

    /// The eras with the ticks that they begin with.
    pub(crate) fn shifts(&self) -> impl Iterator<Item = (u32, &BTreeMap<String, f64>)> {
        let starts = std::iter::once(0).chain(self.past.iter().map(|era| era.until_tick));
        let past = self.past.iter().map(|era| &era.variable_deltas);
        starts.zip(past.chain([&self.variable_deltas]))
    }

    /// The seeds of all ticks.
    pub(crate) fn seeds(&self) -> Seeds {
        let ends = self.past.iter().map(|era| (era.until_tick, era.seed));
        Seeds { past: ends.collect(), last: self.seed }
    }

    /// Checks that eras follow each other and end within the run.
    pub(super) fn check_past(&self, max_ticks: u32) -> Result<()> {
        if self.past.len() > MAX_ERAS {
            let problem = format!("must be at most {MAX_ERAS} eras, not {}", self.past.len());
            return Err(EngineError::invalid("past", problem));
        }
        let ends: Vec<u32> = self.past.iter().map(|era| era.until_tick).chain([self.horizon_ticks + 1]).collect();
        if !ends.is_sorted_by(|earlier, later| earlier < later) {
            return Err(EngineError::invalid("past", "must be eras that follow each other and end within the horizon"));
        }
        for era in &self.past {
            if !(era.until_tick.max(1)..=max_ticks).contains(&era.horizon_ticks) {
                return Err(EngineError::invalid("past", format!("must have horizons of at most {max_ticks} ticks")));
            }
            for (name, &delta) in &era.variable_deltas {
                in_range(&format!("past.variable_deltas.{name}"), delta, -1.0, 1.0)?;
            }
        }
        Ok(())
    }

    /// What is in force at the end.
    pub(super) fn present(&self) -> Era {
        Era {
            until_tick: self.horizon_ticks,
            seed: self.seed,
            horizon_ticks: self.horizon_ticks,
            variable_deltas: self.variable_deltas.clone(),
        }
    }
}

/// Adds the part of an era, which begins at `start`, that comes before a turn. One without a tick leaves no trace, but for the
/// first, in which agents are born.
fn cut(eras: &mut Vec<Era>, era: &Era, start: Option<u32>, from_tick: u32) {
    if start.is_none_or(|start| start < from_tick) {
        join(eras, Era { until_tick: from_tick, ..era.clone() });
    }
}

/// Adds an era, to the one before where that is like it.
pub(super) fn join(eras: &mut Vec<Era>, era: Era) {
    match eras.last_mut() {
        Some(last) if last.is_like(&era) => last.until_tick = era.until_tick,
        _ => eras.push(era),
    }
}

/// Which seed the numbers of a tick are drawn with.
#[derive(Clone, Debug)]
pub(crate) struct Seeds {
    /// The last tick of each past era, with its seed.
    past: Arc<[(u32, u64)]>,
    last: u64,
}

impl Seeds {
    /// The seed of the tick that starts from the state of `tick`.
    pub(crate) fn at(&self, tick: u32) -> u64 {
        self.past.iter().find(|(until, _)| tick < *until).map_or(self.last, |(_, seed)| *seed)
    }

    /// The seed from `tick` on, where another was in force before.
    pub(crate) fn changed_at(&self, tick: u32) -> Option<u64> {
        let changes = self.past.iter().any(|(until, _)| *until == tick);
        changes.then(|| self.at(tick))
    }
}

impl From<u64> for Seeds {
    fn from(seed: u64) -> Self {
        Self { past: Arc::new([]), last: seed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(delta: f64) -> BTreeMap<String, f64> {
        [("weather".to_owned(), delta)].into()
    }

    fn to_seed(seed: u64) -> Turn {
        Turn { seed: Some(seed), ..Turn::default() }
    }

    #[test]
    fn a_turn_that_changes_nothing_is_none() {
        let spec = RunSpec { variable_deltas: deltas(0.1), ..RunSpec::default() };
        assert_eq!(spec.turned(40, Turn::default()), spec);
        assert_eq!(spec.turned(0, Turn::default()), spec);
        let same = Turn { seed: Some(42), horizon_ticks: Some(100), variable_deltas: deltas(0.1), ..Turn::default() };
        assert_eq!(spec.turned(40, same), spec);
        let nothing = Turn { variable_deltas: [("other".to_owned(), 0.0)].into(), ..Turn::default() };
        assert_eq!(spec.turned(40, nothing), spec, "a shift by nothing is none");
        let there_and_back = spec.turned(40, to_seed(7)).turned(40, to_seed(42));
        assert_eq!(there_and_back, spec, "nothing was stepped in between");
    }

    #[test]
    fn eras_follow_each_other() {
        let spec = RunSpec::default();
        let twice = spec.turned(40, to_seed(7)).turned(60, Turn { variable_deltas: deltas(0.2), ..Turn::default() });
        let ends: Vec<_> = twice.past.iter().map(|era| (era.until_tick, era.seed)).collect();
        assert_eq!((ends, twice.seed, twice.birth_seed()), (vec![(40, 42), (60, 7)], 7, 42));
        assert!(twice.check().is_ok() && twice.continues(&spec.turned(40, to_seed(7)), 60));
        assert!(!twice.continues(&spec, 60) && !twice.continues(&spec.turned(40, to_seed(8)), 60));
        let seeds = twice.seeds();
        assert_eq!([0, 39, 40, 99].map(|tick| seeds.at(tick)), [42, 42, 7, 7]);
        assert_eq!([39, 40, 41].map(|tick| seeds.changed_at(tick)), [None, Some(7), None]);
        assert_eq!([0, 39, 40, 59, 60, 99].map(|tick| twice.era_at(tick)), [0, 0, 1, 1, 2, 2]);
        let born = spec.turned(0, to_seed(9));
        assert_eq!((born.birth_seed(), born.seeds().at(0), born.seed), (42, 9, 9));
        assert_eq!((born.past.len(), born.past[0].until_tick, spec.turned(0, Turn::default()).past.len()), (1, 0, 0));
    }

    #[test]
    fn a_turn_before_another_holds_in_all_that_comes_after() {
        let later =
            RunSpec::default().turned(60, Turn { seed: Some(7), variable_deltas: deltas(0.2), ..Turn::default() });
        let both = later.turned(20, Turn { horizon_ticks: Some(200), variable_deltas: deltas(0.1), ..Turn::default() });
        let eras: Vec<_> = both.past.iter().map(|era| (era.until_tick, era.seed, era.horizon_ticks)).collect();
        assert_eq!((eras, both.seed, both.horizon_ticks), (vec![(20, 42, 100), (60, 42, 200)], 7, 200));
        assert_eq!((&both.past[1].variable_deltas, &both.variable_deltas), (&deltas(0.1), &deltas(0.1)));
        assert!(both.continues(&later, 20) && !both.continues(&later, 21));
        assert_eq!(later.turned(20, Turn::default()), later);
        assert!(later.continues(&RunSpec::default(), 60) && !later.continues(&RunSpec::default(), 61));
    }

    #[test]
    fn a_shift_taken_back_continues_the_run_with_it() {
        let parent = RunSpec { variable_deltas: deltas(0.3), ..RunSpec::default() };
        let child = parent.turned(10, Turn { variable_deltas: deltas(0.0), ..Turn::default() });
        assert!(child.continues(&parent, 10) && !child.continues(&parent, 11));
        assert!(parent.continues(&parent, 10));
        let other = RunSpec { sample_rate: 0.5, ..child };
        assert!(!other.continues(&parent, 10), "who is simulated, and how, stays");
    }

    #[test]
    fn effects_of_a_turn_come_after_those_that_there_are() {
        let late = Effect { from_tick: Some(80), ..Effect::shift("weather", 0.1) };
        let parent = RunSpec { effects: vec![late], ..RunSpec::default() };
        let turn = Turn { effects: vec![Effect::shift("weather", -0.2)], ..Turn::default() };
        let child = parent.turned(30, turn.clone());
        let begin: Vec<_> = child.effects.iter().map(|effect| (effect.value, effect.begins())).collect();
        assert_eq!(begin, [(0.1, 80), (-0.2, 30)]);
        assert!(child.continues(&parent, 30) && !child.continues(&parent, 31));
        let short = parent.turned(30, Turn { horizon_ticks: Some(50), ..turn });
        assert_eq!(
            (short.effects.len(), short.effects[0].begins()),
            (1, 30),
            "what would begin after the end is left out"
        );
        assert!(short.continues(&parent, 30) && short.check().is_ok());
    }

    #[test]
    fn trends_are_noted_at_each_eras_own_ticks() {
        let spec = RunSpec { horizon_ticks: 48, ..RunSpec::default() };
        let longer = spec.turned(9, Turn { horizon_ticks: Some(96), ..Turn::default() });
        let ticks = longer.trend_ticks();
        assert_eq!(&ticks[..8], [0, 2, 4, 6, 8, 12, 16, 20]);
        assert_eq!(ticks.last(), Some(&96));
        assert_eq!(spec.trend_ticks(), trend_ticks(48));
    }

    #[test]
    fn eras_out_of_order_are_refused() {
        let era = |until_tick| Era { until_tick, horizon_ticks: 100, ..Era::default() };
        let with = |past| RunSpec { past, ..RunSpec::default() }.check();
        assert!(with(vec![era(0), era(10), era(100)]).is_ok());
        for past in [vec![era(10), era(10)], vec![era(20), era(10)], vec![era(101)], vec![era(1); MAX_ERAS + 1]] {
            assert!(with(past).unwrap_err().to_string().starts_with("past "));
        }
        let wild = Era { variable_deltas: deltas(1.5), ..era(5) };
        assert!(with(vec![wild]).is_err() && with(vec![Era { horizon_ticks: 4, ..era(5) }]).is_err());
    }
}
