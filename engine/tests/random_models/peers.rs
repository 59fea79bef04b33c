//! Whom one listens to, by name: a peer's id leads to the agent whose published value stands beside it, on every network
//! and in every partitioning.

use civitas_engine::*;
use proptest::prelude::*;

use super::any_network;

/// Agents that show their own id, and note what their peers' are: how many were right, and a sum of them.
pub(crate) struct Named;

impl Model for Named {
    type Agent = (u32, u64);
    type Published = u32;
    type Mail = ();

    const NAME: &'static str = "named";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric::share("none", "Nothing")];

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> (u32, u64) {
        (newborn.id, 0)
    }

    fn publish(&self, agent: &(u32, u64)) -> u32 {
        agent.0
    }

    fn step(&self, agent: &mut (u32, u64), around: Around<'_, u32>, _: &mut Draws<'_>) {
        let peers = around.peers;
        for place in 0..peers.len() {
            assert_eq!(peers.id(place), peers.get(place), "agent {} in region {}", around.id, around.region);
        }
        agent.1 += peers.iter().map(u64::from).sum::<u64>() + ((around.region as u64) << 40);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn ids_are_those_of_the_peers(network in any_network(), agents in 20u32..2_000, partitions in 1usize..8) {
        let mut catalogue = Catalogue::default();
        catalogue.register::<Named>();
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
        let spec = RunSpec { model: "named".to_owned(), population, network, ..RunSpec::default() };
        let mut split = Simulation::new(spec.clone(), &catalogue, partitions).unwrap();
        let mut whole = Simulation::new(spec, &catalogue, 1).unwrap();
        for _ in 0..2 {
            split.step(500).unwrap();
            whole.step(usize::MAX).unwrap();
        }
        prop_assert_eq!(split.digest(), whole.digest());
        // Regions, too, are those that a look from outside tells.
        for id in [0, agents / 2, agents - 1] {
            let agent = split.agent(id).unwrap();
            let (_, noted) = <(u32, u64)>::unpack(&agent.saved);
            prop_assert_eq!((noted >> 40) / 2, agent.region as u64);
        }
    }
}
