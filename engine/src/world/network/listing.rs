//! The whole network of a run as one list, for those who look at it or write a loop of their own over it. Partitions never
//! need it: each makes its own part.

use std::sync::Arc;

use crate::World;
use crate::error::{EngineError, Result};
use crate::spec::NetworkKind;
use crate::world::{Edges, TieMaker, TieRows};

/// Whom every agent listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieList {
    /// The end of each agent's row in `ties`, after a leading 0.
    pub ends: Vec<u32>,
    /// Ids of those that are listened to, row by row, rising within a row.
    pub ties: Vec<u32>,
}

impl TieList {
    /// The ties of a run's network; none for kinds that list none, where everybody listens to everybody else or meets one
    /// other in every tick.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is not enough memory, or there are more ties than 32 bits can number.
    pub fn of(world: &Arc<World>) -> Result<Option<Self>> {
        if let Some(edges) = Edges::new(world) {
            let mut rows = TieRows::new(edges, 0..world.layout.agents())?;
            while !rows.advance(usize::MAX, |_| {})? {}
            let (ends, ties) = rows.finish();
            return Ok(Some(Self { ends, ties }));
        }
        if world.spec.network.kind != NetworkKind::Gravity {
            return Ok(None);
        }
        let maker = TieMaker::new(&world.layout, &world.gravity, &world.spec.network, world.spec.birth_seed());
        let (mut ends, mut ties) = (vec![0], Vec::new());
        for block in 0..world.layout.blocks() {
            maker.block(block, |mine| {
                ties.extend_from_slice(mine);
                ends.push(ties.len() as u32);
            });
            if u32::try_from(ties.len()).is_err() {
                return Err(EngineError::too_many_ties());
            }
        }
        Ok(Some(Self { ends, ties }))
    }

    /// Whom an agent listens to.
    pub fn of_agent(&self, agent: u32) -> &[u32] {
        let agent = agent as usize;
        &self.ties[self.ends[agent] as usize..self.ends[agent + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, NetworkSpec, PopulationSpec, RunSpec};

    fn list(model: &str, network: NetworkSpec) -> Option<TieList> {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 20_000 };
        let spec = RunSpec { model: model.to_owned(), population, network, ..RunSpec::default() };
        TieList::of(&World::new(spec, &Catalogue::default()).unwrap()).unwrap()
    }

    fn check_mutual(list: &TieList) {
        for agent in 0..20_000 {
            let mine = list.of_agent(agent);
            assert!(mine.windows(2).all(|pair| pair[0] < pair[1]), "rising, none twice");
            assert!(mine.iter().all(|&other| other != agent && list.of_agent(other).binary_search(&agent).is_ok()));
        }
    }

    /// Gravity is directed by itself, and mutual for models where contact goes both ways, with the same mean degree but for
    /// ties that both ends found.
    #[test]
    fn gravity_is_mutual_where_contact_goes_both_ways() {
        let directed = list("society", NetworkSpec::default()).unwrap();
        let mutual = list("epidemic", NetworkSpec::default()).unwrap();
        let degree = |list: &TieList| list.ties.len() as f64 / 20_000.0;
        assert!((degree(&directed) - 12.0).abs() < 0.01, "{}", degree(&directed));
        assert!((11.9..12.01).contains(&degree(&mutual)), "{}", degree(&mutual));
        check_mutual(&mutual);
        let one_way = |agent: u32| directed.of_agent(agent).iter().any(|&o| !directed.of_agent(o).contains(&agent));
        assert!((0..20_000).any(one_way));
        let ring = list("society", NetworkSpec { kind: NetworkKind::Ring, ..NetworkSpec::default() }).unwrap();
        check_mutual(&ring);
        assert!(list("voter", NetworkSpec { kind: NetworkKind::Complete, ..NetworkSpec::default() }).is_none());
    }
}
