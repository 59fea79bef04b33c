//! The random graph G(n, p), in which every pair is tied with the same probability on its own (Gilbert 1959, "Random
//! graphs", Ann. Math. Stat. 30). Every tie is found from its end of lower id. The number of pairs from one tie to the
//! next is geometric, so only ties cost (Batagelj & Brandes 2005, "Efficient generation of large random networks",
//! Phys. Rev. E 71).

use std::ops::Range;

use crate::draws::{BlockStream, DrawKey};

/// The ties of G(n, p).
pub(super) struct ErdosRenyi {
    agents: u32,
    /// Natural logarithm of the probability that a pair is not tied; 0 where none is, minus infinity where all are.
    log_untied: f64,
    key: DrawKey,
}

impl ErdosRenyi {
    /// The graph whose agents have `mean_degree` ties on average: p = `mean_degree` / (n - 1), at most 1.
    pub(super) fn new(agents: u32, mean_degree: f64, key: DrawKey) -> Self {
        let others = f64::from(agents.max(2) - 1);
        Self { agents, log_untied: libm::log1p(-(mean_degree / others).min(1.0)), key }
    }

    /// Calls `each` with the ties of these agents, those of one stripe, to agents of higher id.
    pub(super) fn edges(&self, stripe: u32, ids: Range<u32>, mut each: impl FnMut(u32, u32)) {
        if self.log_untied == 0.0 {
            return;
        }
        let mut stream = self.key.stream(stripe);
        // The pairs of the stripe, one agent's after the other's; what is skipped beyond the last is forgotten, for a
        // geometric distribution has no memory.
        let mut skip = self.skip(&mut stream);
        for agent in ids {
            let others = u64::from(self.agents - 1 - agent);
            while skip < others {
                each(agent, agent + 1 + skip as u32);
                skip = skip.saturating_add(1).saturating_add(self.skip(&mut stream));
            }
            skip -= others;
        }
    }

    /// How many pairs are not tied before the next that is: geometric, by inversion of a uniform number in (0, 1].
    fn skip(&self, stream: &mut BlockStream) -> u64 {
        let bits = u64::from(stream.word()) << 21 | u64::from(stream.word() >> 11);
        let unit = (bits + 1) as f64 * (1.0 / 9_007_199_254_740_992.0);
        // A cast to whole numbers rounds down and stops at the largest.
        (libm::log(unit) / self.log_untied) as u64
    }
}
