//! Who meets whom in a tick where everybody meets one other at random: a keyed permutation gives every agent a place, and
//! the agents at places 2k and 2k + 1 meet. So meetings are mutual, every agent finds its own alone, and nothing is
//! stored. With an odd number of agents whoever has the last place meets nobody.

use crate::draws::{DrawKey, Purpose};
use crate::permutation::Permutation;

/// The meetings of one tick.
pub(crate) struct Meetings {
    agents: u32,
    tick: u32,
    places: Permutation,
}

impl Meetings {
    /// The meetings of this tick; every tick's are drawn anew, from a random stream of its own.
    pub(crate) fn new(seed: u64, agents: u32, tick: u32) -> Self {
        let mut stream = DrawKey::new(seed, Purpose::Network).stream(tick);
        Self { agents, tick, places: Permutation::new(agents, || stream.word()) }
    }

    /// The tick whose meetings these are.
    pub(crate) fn tick(&self) -> u32 {
        self.tick
    }

    /// Whom the agent meets.
    pub(crate) fn partner(&self, agent: u32) -> Option<u32> {
        let place = self.places.place(agent) ^ 1;
        (place < self.agents).then(|| self.places.value(place))
    }

    /// Replaces every agent by whom it meets, and one that meets nobody by itself; faster than one by one.
    pub(crate) fn partners(&self, agents: &mut [u32]) {
        self.places.places(agents);
        for place in agents.iter_mut() {
            let other = *place ^ 1;
            // The last place of an odd number has no other: it leads back to who has it.
            *place = if other < self.agents { other } else { *place };
        }
        self.places.values(agents);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn meetings_are_mutual_and_leave_out_one_of_an_odd_number(
            seed in any::<u64>(), agents in 1u32..2_000, tick in any::<u32>(),
        ) {
            let meetings = Meetings::new(seed, agents, tick);
            let mut alone = 0;
            let mut all: Vec<u32> = (0..agents).collect();
            meetings.partners(&mut all);
            for agent in 0..agents {
                prop_assert_eq!(all[agent as usize], meetings.partner(agent).unwrap_or(agent));
                match meetings.partner(agent) {
                    None => alone += 1,
                    Some(other) => {
                        prop_assert!(other != agent && other < agents);
                        prop_assert_eq!(meetings.partner(other), Some(agent));
                    }
                }
            }
            prop_assert_eq!(alone, agents % 2);
        }
    }

    /// Over many ticks everybody meets everybody else equally often.
    #[test]
    fn partners_are_uniform() {
        let (agents, ticks) = (20u32, 19_000u32);
        let mut met = [0u32; 400];
        for tick in 0..ticks {
            let meetings = Meetings::new(5, agents, tick);
            for agent in 0..agents {
                let other = meetings.partner(agent).unwrap();
                met[(agent * agents + other) as usize] += 1;
            }
        }
        let pairs = (0..400).filter(|pair| pair / 20 < pair % 20);
        let chi_square: f64 = pairs.map(|pair| (f64::from(met[pair]) - 1_000.0).powi(2) / 1_000.0).sum();
        // 190 pairs, bound by 19 free sums (every agent meets somebody in every tick): 171 degrees of freedom, whose
        // standard deviation is 18.5; five of those. Meetings of a tick exclude each other, which lowers the variance of a
        // count by a factor of 1 - 1/19.
        assert!((chi_square - 171.0).abs() < 92.0, "{chi_square}");
        // Neighbours in time are independent: whoever met in a tick meet again in the next with chance 1/19.
        let again = (0..10_000)
            .filter(|&tick| Meetings::new(5, agents, tick).partner(0) == Meetings::new(5, agents, tick + 1).partner(0));
        let share = again.count() as f64 / 10_000.0;
        assert!((share - 1.0 / 19.0).abs() < 0.011, "five standard errors of 0.0022: {share}");
    }
}
