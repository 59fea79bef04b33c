//! The ring of all agents, and the small world made from it (Watts & Strogatz 1998, "Collective dynamics of
//! 'small-world' networks", Nature 393). Every tie is found from the agent that it starts at on the ring, ahead.

use std::ops::Range;

use crate::draws::{BlockStream, DrawKey};

/// How often a random pick that is already taken is drawn again before the tie stays as it was.
const PICKS: usize = 16;

/// Each agent tied to the `half` nearest on either side of a ring of all agents by id.
pub(super) struct Ring {
    agents: u32,
    half: u32,
}

impl Ring {
    /// The ring of `agents` agents with `2 * half` ties each; that is below the number of agents.
    pub(super) fn new(agents: u32, half: u32) -> Self {
        debug_assert!(2 * half < agents, "{half} ties on either side of {agents} agents");
        Self { agents, half }
    }

    /// Calls `each` with the ties ahead of these agents.
    pub(super) fn edges(&self, ids: Range<u32>, mut each: impl FnMut(u32, u32)) {
        for agent in ids {
            for distance in 1..=self.half {
                each(agent, self.ahead(agent, distance));
            }
        }
    }

    /// True where a tie ahead of an agent of `ids` may touch an agent of `own`.
    pub(super) fn touches(&self, ids: &Range<u32>, own: &Range<u32>) -> bool {
        let overlaps = |low: u32, high: u32| low < own.end && own.start < high;
        // The ends are at most half of the agents further, so they pass the start of the ring once at most.
        let end = ids.end + self.half;
        overlaps(ids.start, end.min(self.agents)) || (end > self.agents && overlaps(0, end - self.agents))
    }

    /// The agent `distance` places further; the distance is below the number of agents.
    fn ahead(&self, agent: u32, distance: u32) -> u32 {
        let left = self.agents - agent;
        if distance < left { agent + distance } else { distance - left }
    }

    /// The longest distance on the ring at which `agent` is the one behind: of two agents that lie opposite each other, the
    /// lower is.
    fn reach(&self, agent: u32) -> u32 {
        let opposite = self.agents.is_multiple_of(2) && agent < self.agents / 2;
        (self.agents - 1) / 2 + u32::from(opposite)
    }
}

/// The ring with some ties rewired.
///
/// The far end of each tie moves, with probability `rewiring`, to another agent that is no neighbour of the near end on
/// the ring and that none of the near end's rewired ties leads to yet. Watts and Strogatz go round the ring and look at
/// the ties there are; here nobody sees anybody else's. Instead a random tie is always made by the end from which the
/// other lies ahead, less than half a ring away. So no pair is tied twice, and yet every pair of agents that are not
/// neighbours on the ring has the same chance, that of the original. There, unlike here, a tie may also come to lie
/// between two neighbours on the ring whose own tie was rewired before; among n agents of degree k that happens to at most
/// k in n of the rewired ties. A tie whose every pick is taken stays on the ring, which takes a population not much
/// larger than the degree. The number of ties is that of the ring, exactly.
pub(super) struct SmallWorld {
    ring: Ring,
    rewiring: f32,
    key: DrawKey,
}

impl SmallWorld {
    /// `ring` with its ties rewired with this probability, from the key's streams.
    pub(super) fn new(ring: Ring, rewiring: f64, key: DrawKey) -> Self {
        Self { ring, rewiring: rewiring as f32, key }
    }

    /// Calls `each` with the ties that start at these agents, those of one stripe.
    pub(super) fn edges(&self, stripe: u32, ids: Range<u32>, mut each: impl FnMut(u32, u32)) {
        let mut stream = self.key.stream(stripe);
        let mut picked = Vec::with_capacity(self.ring.half as usize);
        for agent in ids {
            picked.clear();
            for distance in 1..=self.ring.half {
                let rewired = stream.unit() < self.rewiring;
                let far = if rewired { self.pick(agent, &picked, &mut stream) } else { None };
                match far {
                    Some(far) => {
                        picked.push(far);
                        each(agent, far);
                    }
                    None => each(agent, self.ring.ahead(agent, distance)),
                }
            }
        }
    }

    /// A random agent ahead that is no neighbour and not picked yet; none where there is none, or every try is taken.
    fn pick(&self, agent: u32, picked: &[u32], stream: &mut BlockStream) -> Option<u32> {
        let choices = self.ring.reach(agent) - self.ring.half;
        if choices == 0 {
            return None;
        }
        let far = |stream: &mut BlockStream| self.ring.ahead(agent, self.ring.half + 1 + stream.below(choices));
        (0..PICKS).map(|_| far(stream)).find(|far| !picked.contains(far))
    }
}
