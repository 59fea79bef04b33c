//! Populations add up: over regions, segments and partitions, for random data sets with and without listed agents.

use std::fmt::Write as _;
use std::sync::Arc;

use civitas_engine::*;
use proptest::prelude::*;

use super::whim::Whim;

const SEGMENTS: [&str; 5] = ["innovators", "early_adopters", "early_majority", "late_majority", "laggards"];

fn catalogue(regions: &str, agents: Option<&str>) -> Catalogue {
    let tables = Tables {
        agents: agents.map(|text| Table::csv("agents.csv", text.as_bytes())),
        ..Tables::of(Table::csv("regions.csv", regions.as_bytes()))
    };
    let mut catalogue = Catalogue::default();
    catalogue.register::<Whim>();
    catalogue.add_dataset(Arc::new(Dataset::from_tables("random", tables).unwrap()));
    catalogue
}

fn regions_csv(populations: &[u64]) -> String {
    let mut text = "code,population,latitude,longitude\n".to_owned();
    for (number, population) in populations.iter().enumerate() {
        writeln!(text, "R{number},{population},{number},{}", number * 2).unwrap();
    }
    text
}

/// How many agents there are per region and per segment, one by one; every id is somebody's, and only once.
fn counted(simulation: &Simulation, agents: u32, regions: usize, segments: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut by_region, mut by_segment) = (vec![0; regions], vec![0; segments]);
    for id in 0..agents {
        let agent = simulation.agent(id).unwrap();
        assert_eq!(agent.id, id);
        by_region[agent.region] += 1;
        by_segment[agent.segment] += 1;
    }
    assert!(simulation.agent(agents).is_none());
    (by_region, by_segment)
}

/// Means of parts, weighed by their agents, add up to the mean of all, metric by metric and tick by tick.
fn check_means<'a>(outcome: &Outcome, parts: impl Iterator<Item = (&'a Trends, u32)> + Clone) {
    assert_eq!(parts.clone().map(|(_, agents)| agents).sum::<u32>(), outcome.agents);
    for (metric, points) in &outcome.trends {
        for (place, point) in points.iter().enumerate() {
            let weighed = |(trends, agents): (&Trends, u32)| {
                assert_eq!(trends[metric][place].tick, point.tick);
                trends[metric][place].value * f64::from(agents)
            };
            let sum: f64 = parts.clone().map(weighed).sum();
            assert!((sum / f64::from(outcome.agents) - point.value).abs() < 1e-9, "{metric} at {}", point.tick);
        }
    }
}

/// All sums of an outcome against agents that were counted one by one.
fn check(outcome: &Outcome, by_region: &[u32], by_segment: &[u32], segments: &[&'static str]) {
    let lived_in = (0..).zip(by_region).filter(|(_, agents)| **agents > 0);
    let regions: Vec<_> = lived_in.map(|(number, &agents): (usize, _)| (format!("R{number}"), agents)).collect();
    assert_eq!(outcome.trends_by_region.len(), regions.len());
    check_means(outcome, regions.iter().map(|(code, agents)| (&outcome.trends_by_region[code], *agents)));
    let there = segments.iter().zip(by_segment).filter(|(_, agents)| **agents > 0);
    assert_eq!(outcome.trends_by_segment.len(), there.clone().count());
    check_means(outcome, there.map(|(name, agents)| (&outcome.trends_by_segment[name], *agents)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn agents_are_shared_out_to_the_last(
        populations in prop::collection::vec(prop_oneof![Just(0u64), 1u64..50, 1u64..40_000_000], 1..30),
        agents in 1u32..1_500, genome in 0u32.., seed in any::<u64>(), partitions in 1usize..8,
    ) {
        prop_assume!(populations.iter().any(|&population| population > 0));
        let catalogue = catalogue(&regions_csv(&populations), None);
        let spec = RunSpec {
            model: "whim".to_owned(),
            parameters: [("genome".to_owned(), genome.into()), ("letters".to_owned(), 0.0)].into(),
            population: PopulationSpec { dataset: "random".to_owned(), agents },
            horizon_ticks: 2,
            seed,
            ..RunSpec::default()
        };
        let mut simulation = Simulation::new(spec.clone(), &catalogue, partitions).unwrap();
        let outcome = simulation.run().unwrap();
        prop_assert_eq!(outcome.agents, agents);
        prop_assert_eq!(outcome.agent_steps, u64::from(agents) * 2);
        let (by_region, by_segment) = counted(&simulation, agents, populations.len(), 3);
        check(&outcome, &by_region, &by_segment, Whim::SEGMENTS);

        // Within one agent of the region's share, by the method of the largest remainder.
        let total: u64 = populations.iter().sum();
        for (&population, &count) in populations.iter().zip(&by_region) {
            let share = population as f64 / total as f64 * f64::from(agents);
            prop_assert!((f64::from(count) - share).abs() < 1.0 + 1e-6, "{} of {}", count, share);
        }
        // Who somebody is does not depend on the partition it lives in.
        let whole = counted(&Simulation::new(spec, &catalogue, 1).unwrap(), agents, populations.len(), 3);
        prop_assert_eq!(whole, (by_region, by_segment));
    }

    #[test]
    fn listed_agents_are_counted_as_they_are_listed(
        listed in prop::collection::vec((0usize..6, 0usize..5), 1..900), partitions in 1usize..8,
    ) {
        let mut text = "region,segment\n".to_owned();
        let (mut by_region, mut by_segment) = (vec![0; 6], vec![0; 5]);
        for &(region, segment) in &listed {
            writeln!(text, "R{region},{}", SEGMENTS[segment]).unwrap();
            by_region[region] += 1;
            by_segment[segment] += 1;
        }
        let catalogue = catalogue(&regions_csv(&[5; 6]), Some(&text));
        let agents = listed.len() as u32;
        let population = PopulationSpec { dataset: "random".to_owned(), agents };
        let spec = RunSpec { population, horizon_ticks: 2, ..RunSpec::default() };
        let mut simulation = Simulation::new(spec, &catalogue, partitions).unwrap();
        let outcome = simulation.run().unwrap();
        prop_assert_eq!(outcome.agents, agents);
        prop_assert_eq!(counted(&simulation, agents, 6, 5), (by_region.clone(), by_segment.clone()));
        check(&outcome, &by_region, &by_segment, &SEGMENTS);
    }
}
