//! How far two runs are the same run. Owns what has to agree for that: all that decides who is born, and what is in force up to a
//! tick. It must not know what is made of it: a fork goes on from its parent's state, and runs of a batch share their first ticks.

use std::collections::BTreeMap;

use super::RunSpec;
use super::era::{Era, join};
use crate::scenario::Effect;

impl RunSpec {
    /// True when this run and `parent` are the same up to `tick`, whatever comes after it: then a state of `parent` at `tick`
    /// is one of this run.
    pub fn continues(&self, parent: &Self, tick: u32) -> bool {
        self.is_born_like(parent) && self.goes_like(parent, tick)
    }

    /// The last tick whose state both runs have in common and that at least one more tick follows; 0 where they have nothing in
    /// common, or nothing but the state in which they begin.
    pub fn shared_ticks(&self, other: &Self) -> u32 {
        let last = self.horizon_ticks.min(other.horizon_ticks).saturating_sub(1);
        if !self.is_born_like(other) || !self.goes_like(other, 0) {
            return 0;
        }
        if self.goes_like(other, last) {
            return last;
        }
        // Runs part where something begins in one of them, or where one of their eras ends.
        let partings = |spec: &Self| -> Vec<u32> {
            let effects = spec.effects.iter().map(|effect| effect.begins());
            effects.chain(spec.past.iter().map(|era| era.until_tick)).filter(|tick| *tick <= last).collect()
        };
        let mut ticks = [partings(self), partings(other), vec![0]].concat();
        ticks.sort_unstable();
        // What is the same up to a tick is the same up to every earlier one.
        let shared = ticks.partition_point(|&tick| self.goes_like(other, tick));
        shared.checked_sub(1).map_or(0, |place| ticks[place])
    }

    /// True where all but what may change on the way is the same.
    fn is_born_like(&self, other: &Self) -> bool {
        let but_for_eras = |spec: &Self| {
            let (variable_deltas, effects, past) = (BTreeMap::new(), Vec::new(), Vec::new());
            Self { seed: 0, horizon_ticks: 0, variable_deltas, effects, past, bundle: None, ..spec.clone() }
        };
        but_for_eras(self) == but_for_eras(other)
    }

    /// True where seeds, horizons, shifts and effects are the same up to `tick`.
    fn goes_like(&self, other: &Self, tick: u32) -> bool {
        let (own, theirs) = (self.eras_until(tick), other.eras_until(tick));
        let alike =
            own.iter().zip(&theirs).all(|(own, theirs)| own.until_tick == theirs.until_tick && own.is_like(theirs));
        let has_begun = |effect: &&Effect| effect.begins() < tick;
        let effects = self.effects.iter().filter(has_begun).eq(other.effects.iter().filter(has_begun));
        own.len() == theirs.len() && alike && effects
    }

    /// What was in force up to a tick.
    fn eras_until(&self, tick: u32) -> Vec<Era> {
        let mut eras = Vec::new();
        for era in self.past.iter().cloned().chain([self.present()]) {
            let ends = era.until_tick >= tick;
            join(&mut eras, Era { until_tick: era.until_tick.min(tick), ..era });
            if ends {
                break;
            }
        }
        eras
    }
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    fn with_effects(begins: &[(u32, f64)]) -> RunSpec {
        let effect = |&(tick, value): &(u32, f64)| Effect { from_tick: Some(tick), ..Effect::shift("weather", value) };
        RunSpec { effects: begins.iter().map(effect).collect(), ..RunSpec::default() }
    }

    #[test]
    fn runs_share_what_comes_before_the_first_effect_that_differs() {
        let plain = RunSpec::default();
        assert_eq!(plain.shared_ticks(&plain.clone()), 99, "one tick is left to each");
        for (a, b, ticks) in [
            (&[][..], &[(60, 0.1)][..], 60),
            (&[(60, 0.1)], &[(60, 0.2)], 60),
            (&[(60, 0.1)], &[(40, 0.1)], 40),
            (&[(10, 0.3), (60, 0.1)], &[(10, 0.3), (80, 0.1)], 60),
            (&[(10, 0.3), (60, 0.1)], &[(60, 0.1), (10, 0.3)], 60),
            (&[(10, 0.3), (20, 0.1)], &[(20, 0.1), (10, 0.3)], 20),
            (&[(0, 0.1)], &[], 0),
        ] {
            let (a, b) = (with_effects(a), with_effects(b));
            assert_eq!((a.shared_ticks(&b), b.shared_ticks(&a)), (ticks, ticks), "{:?} {:?}", a.effects, b.effects);
            assert!(a.continues(&b, ticks), "{ticks}");
        }
    }

    #[test]
    fn runs_that_are_born_otherwise_share_nothing() {
        let plain = RunSpec::default();
        for other in [
            RunSpec { seed: 1, ..plain.clone() },
            RunSpec { horizon_ticks: 90, ..plain.clone() },
            RunSpec { sample_rate: 0.5, ..plain.clone() },
            RunSpec { variable_deltas: [("weather".to_owned(), 0.1)].into(), ..plain.clone() },
            RunSpec { parameters: [("pace".to_owned(), 0.1)].into(), ..plain.clone() },
        ] {
            assert_eq!((plain.shared_ticks(&other), other.shared_ticks(&plain)), (0, 0), "{other:?}");
        }
    }

    #[test]
    fn runs_with_a_past_share_it_up_to_their_turns() {
        let turned = |tick, seed| RunSpec::default().turned(tick, Turn { seed: Some(seed), ..Turn::default() });
        assert_eq!(turned(60, 7).shared_ticks(&turned(60, 8)), 60);
        assert_eq!(turned(60, 7).shared_ticks(&turned(30, 7)), 30);
        assert_eq!(turned(60, 7).shared_ticks(&RunSpec::default()), 60);
        assert_eq!(turned(60, 7).shared_ticks(&turned(60, 7)), 99);
    }

    /// The largest tick at which one continues the other, looked for tick by tick.
    #[test]
    fn the_last_shared_tick_is_the_last_at_which_one_continues_the_other() {
        let specs = [
            with_effects(&[(5, 0.1), (7, 0.2), (50, 0.3)]),
            with_effects(&[(5, 0.1), (50, 0.2)]),
            with_effects(&[(7, 0.2)]),
            with_effects(&[(5, 0.1), (7, 0.2), (51, 0.3)]).turned(20, Turn { seed: Some(3), ..Turn::default() }),
        ];
        for (a, b) in specs.iter().flat_map(|a| specs.iter().map(move |b| (a, b))) {
            let wanted = (0..100).rev().find(|&tick| a.continues(b, tick)).unwrap_or(0);
            assert_eq!(a.shared_ticks(b), wanted, "{:?} {:?}", a.effects, b.effects);
        }
    }
}
