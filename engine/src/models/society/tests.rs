//! The block's sums are those of its agents.

use super::*;
use proptest::prelude::*;

fn citizen() -> impl Strategy<Value = Citizen> {
    (-1.0..1.0f32, 0..CATEGORIES.len() as u8, any::<bool>()).prop_map(|(opinion, segment, adopted)| Citizen {
        opinion: opinion.clamp(-MAX_OPINION, MAX_OPINION),
        attachment: 0,
        susceptibility: 0,
        exposure: 0,
        threshold: 0,
        segment,
        adopted,
    })
}

proptest! {
    #[test]
    fn a_block_measured_at_once_gives_the_sums_of_its_agents(agents in prop::collection::vec(citizen(), 1..=64)) {
        let model = Society::new(&Parameters::check(Society::PARAMETERS, &Default::default()).unwrap());
        let metrics = Society::METRICS.len();
        let mut at_once = vec![7; metrics * Society::SEGMENTS.len()];
        let mut one_by_one = at_once.clone();
        let published: Vec<_> = agents.iter().map(|agent| model.publish(agent)).collect();
        model.measure_block(&agents, &published, &mut at_once);
        for agent in &agents {
            model.measure(agent, &mut one_by_one[model.segment(agent) * metrics..][..metrics]);
        }
        prop_assert_eq!(at_once, one_by_one);
    }
}
