//! The scale-free network of growth and preferential attachment (Barabási & Albert 1999, "Emergence of scaling in random
//! networks", Science 286), made without communication (Sanders & Schulz 2016, "Scalable generation of scale-free graphs",
//! Inf. Process. Lett. 116).
//!
//! Write down both ends of every tie in the order in which ties come: agent u stands there as often as it has ties. To
//! attach in proportion to ties is to choose a place of that list at random and take who stands there (Batagelj &
//! Brandes 2005). The random number is a function of the tie alone, so nobody needs the list: who stands at a place is
//! found by making that tie's choice again, then its choice's, until the place is one of an agent's own. That takes two
//! steps on average.
//!
//! What the model leaves open is settled like this:
//!
//! - The first m + 1 agents are all tied to each other, so each has the m ties that every later agent comes with.
//! - A later agent chooses its m ends from the ties of those before it, not from its own, so there are no self ties, and
//!   the mean degree is 2m - m (m + 1) / n exactly.
//! - Where it would choose an agent a second time, it chooses again. Others who retrace the tie see its first choice: the
//!   list holds first choices only, so that finding who stands there takes nothing but chains of first choices. The share
//!   of ties that this touches falls like m (ln n)^2 / n; the share of agents with k ties stays
//!   2m (m + 1) / (k (k + 1) (k + 2)) in the limit (Bollobás et al. 2001).

use std::ops::Range;

use crate::draws::DrawKey;
use crate::permutation::{SPLITMIX_GAMMA, splitmix};

/// Bits of a tie's random numbers' index that count its attempts.
const ATTEMPT_BITS: u32 = 8;

/// The ties of the network, in the order of the agents' ids, which is the order in which they join.
pub(super) struct ScaleFree {
    /// Ties that an agent comes with.
    ties: u64,
    /// Places in the list that the ties among the first agents take.
    clique: u64,
    key: u64,
}

impl ScaleFree {
    /// The network in which agents come with `ties` ties each; the first `ties + 1` must all be there.
    pub(super) fn new(ties: u32, key: &DrawKey) -> Self {
        let mut stream = key.stream(0);
        let ties = u64::from(ties);
        let key = u64::from(stream.word()) << 32 | u64::from(stream.word());
        Self { ties, clique: ties * (ties + 1), key }
    }

    /// Calls `each` with the ties of these agents to older ones.
    pub(super) fn edges(&self, ids: Range<u32>, mut each: impl FnMut(u32, u32)) {
        let mut chosen = Vec::with_capacity(self.ties as usize);
        for agent in ids {
            if u64::from(agent) <= self.ties {
                (0..agent).for_each(|other| each(agent, other));
                continue;
            }
            chosen.clear();
            for number in 0..self.ties {
                let other = self.choose(agent, number, &chosen);
                chosen.push(other);
                each(agent, other);
            }
        }
    }

    /// The older agent that the tie of this number leads to, none of those chosen already.
    fn choose(&self, agent: u32, number: u64, chosen: &[u32]) -> u32 {
        let places = self.places_before(agent.into());
        let tie = (u64::from(agent) - self.ties - 1) * self.ties + number;
        let attempts = (0..1 << ATTEMPT_BITS).map(|attempt| self.at(self.random(tie, attempt, places)));
        // There are more older agents than ties, so where every attempt fails some agent is left.
        let left = || (0..agent).find(|other| !chosen.contains(other));
        let mut found = attempts.filter(|other| !chosen.contains(other));
        found.next().or_else(left).expect("an agent has fewer ties than there are older agents")
    }

    /// Places in the list before those of this agent, which is none of the first.
    fn places_before(&self, agent: u64) -> u64 {
        self.clique + 2 * self.ties * (agent - self.ties - 1)
    }

    /// Who stands at a place of the list.
    fn at(&self, mut place: u64) -> u32 {
        loop {
            if place < self.clique {
                return (place / self.ties) as u32;
            }
            let tie = (place - self.clique) / 2;
            let agent = self.ties + 1 + tie / self.ties;
            if (place - self.clique).is_multiple_of(2) {
                return agent as u32;
            }
            place = self.random(tie, 0, self.places_before(agent));
        }
    }

    /// A uniform number below `places`, a function of the tie and the attempt: that output of SplitMix64 (Steele, Lea &
    /// Flood 2014), a generator whose outputs can be had in any order, from a state of the run's own.
    fn random(&self, tie: u64, attempt: u64, places: u64) -> u64 {
        let index = tie << ATTEMPT_BITS | attempt;
        let bits = splitmix(self.key.wrapping_add((index + 1).wrapping_mul(SPLITMIX_GAMMA)));
        ((u128::from(bits) * u128::from(places)) >> 64) as u64
    }
}
