//! Which agent belongs to which group, and the traits that a group's agents are born with. Both follow from the seed and
//! the agent's id alone, so every partition finds them by itself.

use std::ops::Range;

use crate::draws::{DrawKey, Draws, Purpose};
use crate::permutation::Permutation;

/// A distribution whose values are numbers of the trait.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sampler {
    /// Always this.
    Constant(f64),
    /// A value with the sum of weights up to and with it.
    Choice(Vec<(f64, f64)>),
    /// Whole numbers from the first on, so many.
    UniformInt(f64, u32),
    /// From the first to the second.
    UniformFloat(f64, f64),
    /// Mean, standard deviation, bounds.
    Normal(f64, f64, (f64, f64)),
}

impl Sampler {
    fn sample(&self, draws: &mut Draws<'_>) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Choice(choices) => {
                let total = choices.last().map_or(0.0, |choice| choice.1);
                let point = unit(draws) * total;
                let place = choices.partition_point(|choice| choice.1 <= point);
                choices.get(place).or(choices.last()).map_or(0.0, |choice| choice.0)
            }
            Self::UniformInt(first, count) => first + f64::from(draws.below(*count)),
            Self::UniformFloat(min, max) => (min + unit(draws) * (max - min)).min(*max),
            Self::Normal(mean, std, (min, max)) => (mean + std * f64::from(draws.normal())).clamp(*min, *max),
        }
    }
}

/// A uniform number in [0, 1) with 32 bits.
fn unit(draws: &mut Draws<'_>) -> f64 {
    f64::from(draws.word()) * (1.0 / 4_294_967_296.0)
}

/// Agents of one group: how many, and the traits that are drawn for them, with how.
pub(crate) type Kind = (u32, Vec<(usize, Sampler)>);

/// The groups of a run's agents.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    /// Mixes the agents.
    permutation: Permutation,
    /// The places that each group has in the permutation; empty where all agents are of one kind.
    places: Vec<Range<u32>>,
    /// By group: traits to draw, with how.
    traits: Vec<Vec<(usize, Sampler)>>,
    trait_key: DrawKey,
}

impl Groups {
    /// Groups of these sizes, which add up to `agents`, with the traits that their agents get at birth.
    pub(crate) fn new(seed: u64, agents: u32, groups: Vec<Kind>) -> Self {
        let mut stream = DrawKey::new(seed, Purpose::Group).stream(0);
        let mut next = 0;
        let (mut places, mut traits) = (Vec::new(), Vec::new());
        for (number, drawn) in groups {
            places.push(next..next + number);
            traits.push(drawn);
            next += number;
        }
        Self {
            permutation: Permutation::new(agents, || stream.word()),
            places,
            traits,
            trait_key: DrawKey::new(seed, Purpose::Trait),
        }
    }

    /// The group of an agent; 0 where there are none.
    pub(crate) fn of(&self, agent: u32) -> usize {
        if self.places.len() < 2 {
            return 0;
        }
        let place = self.permutation.place(agent);
        self.places.partition_point(|range| range.end <= place)
    }

    /// Draws the traits that the agent's group gives it: calls `set` with each trait's number and value.
    pub(crate) fn endow(&self, agent: u32, mut set: impl FnMut(usize, f64)) {
        for (number, sampler) in self.traits.get(self.of(agent)).into_iter().flatten() {
            // One sequence per agent and trait, so that changing one trait leaves the others alone.
            let mut draws = Draws::new(&[], &self.trait_key, agent, *number as u32);
            set(*number, sampler.sample(&mut draws));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn groups(seed: u64, sizes: &[u32]) -> Groups {
        Groups::new(seed, sizes.iter().sum(), sizes.iter().map(|&size| (size, Vec::new())).collect())
    }

    proptest! {
        #[test]
        fn every_group_has_its_number(seed in any::<u64>(), sizes in prop::collection::vec(1u32..400, 2..6)) {
            let groups = groups(seed, &sizes);
            let mut counts = vec![0; sizes.len()];
            for agent in 0..sizes.iter().sum() {
                counts[groups.of(agent)] += 1;
            }
            prop_assert_eq!(counts, sizes);
        }
    }

    #[test]
    fn groups_are_mixed_over_the_ids() {
        let groups = groups(7, &[5_000, 5_000]);
        for start in (0..10_000).step_by(500) {
            let first = (start..start + 500).filter(|&agent| groups.of(agent) == 0).count();
            // 250 with a standard deviation of 11.
            assert!((200..=300).contains(&first), "{first} of the agents from {start} on");
        }
    }

    fn drawn(sampler: Sampler) -> Vec<f64> {
        let groups = Groups::new(3, 20_000, vec![(20_000, vec![(0, sampler)])]);
        let mut values = Vec::new();
        (0..20_000).for_each(|agent| groups.endow(agent, |_, value| values.push(value)));
        values
    }

    #[test]
    fn samples_follow_their_distributions() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        assert!(drawn(Sampler::Constant(0.25)).iter().all(|&value| value == 0.25));

        let chosen = drawn(Sampler::Choice(vec![(1.0, 3.0), (2.0, 3.0), (5.0, 4.0)]));
        let share = |wanted: f64| chosen.iter().filter(|&&value| value == wanted).count() as f64 / 20_000.0;
        assert!((share(1.0) - 0.75).abs() < 0.02 && share(2.0) == 0.0 && (share(5.0) - 0.25).abs() < 0.02);

        let whole = drawn(Sampler::UniformInt(-2.0, 5));
        assert!(whole.iter().all(|value| value.fract() == 0.0 && (-2.0..=2.0).contains(value)));
        assert!((-2..=2).all(|wanted| whole.iter().filter(|&&value| value == f64::from(wanted)).count() > 3_700));

        let even = drawn(Sampler::UniformFloat(0.2, 0.6));
        assert!(even.iter().all(|value| (0.2..0.6).contains(value)) && (mean(&even) - 0.4).abs() < 0.005);

        let normal = drawn(Sampler::Normal(0.0, 0.5, (-0.5, 1.0)));
        let (low, high) = (normal.iter().filter(|&&v| v == -0.5).count(), normal.iter().filter(|&&v| v == 1.0).count());
        // 15.87 % of a normal distribution lie below one standard deviation, 2.28 % above two.
        assert!((low as f64 / 20_000.0 - 0.1587).abs() < 0.01 && (high as f64 / 20_000.0 - 0.0228).abs() < 0.005);
    }
}
