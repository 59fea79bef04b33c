//! What an audit writes down: were one of these to fail, two equal runs would seem to differ, or two that differ would seem
//! equal.

#![allow(clippy::unwrap_used)]

use civitas_engine::*;

fn spec(model: &str, agents: u32, ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { model: model.to_owned(), population, horizon_ticks: ticks, seed: 9, ..RunSpec::default() }
}

/// Everything that can be between two ticks: changes of agents, of the environment, both, and neither.
fn experiment(agents: u32) -> RunSpec {
    let run = |ticks| Action::Run { ticks, seconds_per_tick: 3_600 };
    let update = |id: u32, value: f64| Action::UpdateState {
        key: "opinion".to_owned(),
        value: Value::Number(value),
        target: Target { ids: Some(vec![id]), ..Target::default() },
    };
    let economy = |value: f64, regions: &[&str]| Action::Environment {
        key: "media_sentiment".to_owned(),
        value,
        regions: regions.iter().map(|&code| code.to_owned()).collect(),
    };
    let steps = vec![
        update(3, 0.5),
        run(4),
        economy(0.9, &["CA"]),
        economy(0.2, &["TX"]),
        update(700, -0.25),
        Action::Interview { text: String::new(), agents: vec![1] },
        run(3),
        Action::NextRound,
        economy(0.1, &[]),
    ];
    RunSpec {
        workflow: Some(std::sync::Arc::new(Workflow { steps, ..Workflow::default() })),
        ..spec("society", agents, 7)
    }
}

fn entries(spec: &RunSpec, partitions: usize, batch: usize) -> Vec<AuditEntry> {
    let mut replay = Replay::new(spec.clone(), &Catalogue::default(), partitions, true).unwrap().in_batches(batch);
    let mut entries = Vec::new();
    while let Some(entry) = replay.next_entry().unwrap() {
        entries.push(entry);
    }
    assert_eq!(replay.next_entry().unwrap(), None, "the end stays the end");
    entries
}

#[test]
fn hashes_of_blocks_do_not_depend_on_partitions_or_batches() {
    for spec in [spec("society", 2_500, 6), spec("voter", 700, 5), experiment(1_500)] {
        let whole = entries(&spec, 1, usize::MAX);
        for (partitions, batch) in [(2, 64), (3, 1), (7, 1_000), (16, 100_000)] {
            assert_eq!(entries(&spec, partitions, batch), whole, "{partitions} partitions, batches of {batch}");
        }
    }
}

#[test]
fn hashes_add_up_to_the_digest_that_the_run_states() {
    let spec = spec("society", 2_500, 6);
    let mut simulation = Simulation::new(spec.clone(), &Catalogue::default(), 3).unwrap();
    let world = World::new(spec.clone(), &Catalogue::default()).unwrap();
    for (tick, entry) in (0..).zip(entries(&spec, 1, usize::MAX)) {
        let state = entry.state.unwrap();
        assert_eq!((entry.tick, entry.moment), (tick, Moment::Tick));
        assert_eq!(state.digest, simulation.digest(), "tick {tick}");
        assert_eq!(state.digest, state_digest("society", "1", 2_500, tick, state.sum));
        let of_blocks = state.blocks.iter().fold(0_u64, |sum, &hash| sum.wrapping_add(hash));
        let of_regions = state.regions.iter().fold(0_u64, |sum, &hash| sum.wrapping_add(hash));
        assert_eq!((of_blocks, of_regions), (state.sum.0 as u64, state.sum.0 as u64));
        assert_eq!(state.regions, region_hashes(&world.layout, &state.blocks));
        assert_eq!(state.agents.unwrap().len(), 2_500);
        if tick < spec.horizon_ticks {
            simulation.step(usize::MAX).unwrap();
        }
    }
}

#[test]
fn an_experiment_is_hashed_after_every_change() {
    let spec = experiment(1_500);
    let entries = entries(&spec, 2, usize::MAX);
    let moments: Vec<_> = entries.iter().map(|entry| (entry.tick, entry.moment)).collect();
    use Moment::{Environment, Step, Tick};
    let wanted = [
        (0, Tick),
        (0, Step(0)),
        (1, Tick),
        (2, Tick),
        (3, Tick),
        (4, Tick),
        // Both steps of the environment come before the next thing that partitions do, and are one moment.
        (4, Environment),
        (4, Step(4)),
        (5, Tick),
        (6, Tick),
        (7, Tick),
        (7, Step(7)),
        (7, Environment),
    ];
    assert_eq!(moments, wanted);
    assert!(entries.iter().all(|entry| entry.state.is_some() == (entry.moment != Environment)));
    let world = World::new(spec.clone(), &Catalogue::default()).unwrap();
    let changed: Vec<_> = entries[5].environment.iter().zip(&entries[6].environment).map(|(a, b)| a != b).collect();
    let codes = world.dataset.regions().iter().zip(&changed).filter(|(_, changed)| **changed);
    assert_eq!(codes.map(|(region, _)| region.code.as_str()).collect::<Vec<_>>(), ["CA", "TX"]);
    let last = entries.iter().rev().find_map(|entry| entry.state.as_ref()).unwrap();
    let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
    assert_eq!(outcome.state_digest, Some(format!("{:032x}", last.digest)));
}

#[test]
fn one_agents_change_shows_in_its_hash_its_block_and_its_region_alone() {
    let spec = experiment(1_500);
    let entries = entries(&spec, 2, usize::MAX);
    let (before, after) = (entries[0].state.as_ref().unwrap(), entries[1].state.as_ref().unwrap());
    let differ = |a: &[u64], b: &[u64]| (0..a.len()).filter(|&place| a[place] != b[place]).collect::<Vec<_>>();
    let world = World::new(spec.clone(), &Catalogue::default()).unwrap();
    let block = (0..world.layout.blocks()).find(|&block| world.layout.block_agents(block).contains(&3)).unwrap();
    assert_eq!(differ(&before.blocks, &after.blocks), [block as usize]);
    assert_eq!(differ(&before.regions, &after.regions), [world.layout.region_of_agent(3)]);
    let agents = before.agents.iter().flatten().zip(after.agents.iter().flatten());
    assert_eq!(agents.enumerate().filter(|(_, (a, b))| a != b).map(|(id, _)| id).collect::<Vec<_>>(), [3]);
}

#[test]
fn an_agent_is_found_in_whatever_partition_it_lives() {
    let spec = spec("society", 1_500, 2);
    let [one, many] =
        [1, 7].map(|partitions| Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap());
    let world = World::new(spec.clone(), &Catalogue::default()).unwrap();
    let traits = world.model.traits().len();
    for id in 0..1_500 {
        let view = one.agent(id).unwrap();
        assert_eq!((view.id, view.region, view.traits.len()), (id, world.layout.region_of_agent(id), traits));
        assert_eq!(many.agent(id), Some(view));
    }
    assert_eq!(one.agent(1_500), None);
}
