//! Mail and events: were one of these to fail, an agent would read a letter that is not its own, miss one, read one twice
//! or in an order that depends on threads, or the results would count events wrongly.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod clerk;
mod kernels;
mod mistakes;

use std::sync::Arc;

use civitas_engine::*;
use clerk::{Clerks, Kept, Ledger};
use proptest::prelude::*;

fn catalogue() -> Catalogue {
    let regions = "code,population,latitude,longitude\nA,50,1,2\nB,0,3,4\nC,900,5,6\nD,130,7,8\n";
    let tables = Tables::of(Table::csv("regions.csv", regions.as_bytes()));
    let mut catalogue = Catalogue::default();
    catalogue.add_dataset(Arc::new(Dataset::from_tables("offices", tables).unwrap()));
    catalogue.register::<Clerks>();
    mistakes::register(&mut catalogue);
    catalogue
}

fn spec(model: &str, agents: u32, ticks: u32) -> RunSpec {
    RunSpec {
        model: model.to_owned(),
        population: PopulationSpec { dataset: "offices".to_owned(), agents },
        // Nobody listens to anybody: letters go where no published value does.
        network: NetworkSpec { mean_degree: 0.0, ..NetworkSpec::default() },
        horizon_ticks: ticks,
        ..RunSpec::default()
    }
}

fn start(spec: &RunSpec, partitions: usize) -> Simulation {
    Simulation::new(spec.clone(), &catalogue(), partitions).unwrap()
}

fn kept(simulation: &Simulation, id: u32) -> Kept {
    Kept::unpack(&simulation.agent(id).unwrap().saved)
}

fn all_kept(simulation: &Simulation, agents: u32) -> Vec<Kept> {
    (0..agents).map(|id| kept(simulation, id)).collect()
}

fn ledger(simulation: &Simulation, agents: u32) -> Ledger {
    Ledger::new((0..agents).map(|id| simulation.agent(id).unwrap().region).collect())
}

/// Everybody reads exactly what was written to it and to its region, in order, once, in every partitioning, with the run
/// stopped and resumed on another plan after every other tick.
#[test]
fn everybody_reads_its_letters_once_and_in_order() {
    for (agents, partitions) in [(1, 1), (2, 1), (900, 1), (900, 2), (900, 3), (1_500, 7), (1_500, 16)] {
        let spec = spec("clerks", agents, 9);
        let mut simulation = start(&spec, partitions);
        assert_eq!(simulation.partitions(), partitions);
        let mut ledger = ledger(&simulation, agents);
        for tick in 1..=9 {
            simulation.step(if tick % 3 == 0 { 1 } else { 500 }).unwrap();
            ledger.step(|_| true);
            assert!(all_kept(&simulation, agents) == ledger.kept, "{agents} agents on {partitions}, tick {tick}");
            if tick % 2 == 0 {
                let plan = (partitions * 3 + tick) % 17 + 1;
                simulation = Simulation::resume(spec.clone(), &catalogue(), plan, simulation.save()).unwrap();
            }
        }
        let read: u64 = ledger.kept.iter().map(|kept| u64::from(kept.1)).sum();
        assert!(agents < 900 || read > 8 * u64::from(agents), "{read} letters");
    }
}

/// Whoever does not act in a tick misses what came; nobody gets it later.
#[test]
fn who_does_not_act_misses_its_letters() {
    let spec = RunSpec { sample_rate: 0.4, ..spec("clerks", 700, 12) };
    let mut simulation = start(&spec, 3);
    let mut ledger = ledger(&simulation, 700);
    for _ in 0..12 {
        let before: Vec<u32> = ledger.kept.iter().map(|kept| kept.2).collect();
        simulation.step(100).unwrap();
        let acted = |id: u32| kept(&simulation, id).2 > before[id as usize];
        ledger.step(acted);
        assert!(all_kept(&simulation, 700) == ledger.kept);
    }
    let steps: u32 = ledger.kept.iter().map(|kept| kept.2).sum();
    assert!((2_800..4_000).contains(&steps), "{steps} steps");
}

fn run(ticks: u32) -> Action {
    Action::Run { ticks, seconds_per_tick: 60 }
}

fn message() -> Action {
    Action::Message { text: String::new(), stance: 1.0, strength: 1.0, target: Target::default() }
}

/// Steps of an experiment change agents and cause exchanges of their own, several between two ticks: letters are read once
/// all the same, and those under way outlast a new round.
#[test]
fn an_experiments_exchanges_bring_no_letter_twice() {
    let ask = Action::Interview { text: String::new(), agents: vec![0, 7, 499] };
    let steps =
        vec![message(), run(2), message(), message(), run(1), ask, run(2), Action::NextRound, message(), run(3)];
    let workflow = Workflow { steps, ..Workflow::default() };
    let spec = RunSpec { workflow: Some(Arc::new(workflow)), ..spec("clerks", 500, 8) };
    for (partitions, resumed_at) in [(1, 0), (2, 2), (3, 5), (7, 6)] {
        let mut simulation = start(&spec, partitions);
        let mut ledger = ledger(&simulation, 500);
        let hear = |ledger: &mut Ledger| ledger.kept.iter_mut().for_each(|kept| kept.0 = clerk::heard(kept.0));
        hear(&mut ledger);
        for tick in 1..=8 {
            simulation.step(64).unwrap();
            ledger.step(|_| true);
            match tick {
                2 => (0..2).for_each(|_| hear(&mut ledger)),
                5 => {
                    (0..).zip(&mut ledger.kept).for_each(|(id, kept)| *kept = (id, 0, 0));
                    hear(&mut ledger);
                }
                _ => {}
            }
            assert!(all_kept(&simulation, 500) == ledger.kept, "{partitions} partitions, tick {tick}");
            if tick == resumed_at {
                simulation = Simulation::resume(spec.clone(), &catalogue(), 5, simulation.save()).unwrap();
            }
        }
        check_events(&simulation.outcome(), &ledger, 500);
    }
}

/// What the outcome says of events is what was reported.
fn check_events(outcome: &Outcome, ledger: &Ledger, agents: u32) {
    let found = outcome.events.as_ref().unwrap();
    for (kind, known) in Clerks::EVENTS.iter().enumerate() {
        let of_kind: Vec<u32> = ledger.events.iter().filter(|event| event.2 == kind).map(|event| event.0).collect();
        let counted = &found.by_kind[known.name];
        assert_eq!((counted.count, counted.first_tick), (of_kind.len() as u64, of_kind.first().copied()));
        let mut after = None;
        for point in &counted.trend {
            let within = |tick: &&u32| after.is_none_or(|after| **tick > after) && **tick <= point.tick;
            assert_eq!(point.count, of_kind.iter().filter(within).count() as u64, "{} at {}", known.name, point.tick);
            after = Some(point.tick);
        }
        let first = outcome.key_events.iter().find(|event| event.description.contains(known.description)).unwrap();
        let in_tick = of_kind.iter().filter(|&&tick| tick == first.tick).count();
        assert_eq!((first.r#type, Some(first.tick)), ("first_event", counted.first_tick));
        assert_eq!(first.impact, in_tick as f64 / f64::from(agents));
    }
    let listed = found.first.iter().map(|event| (event.tick, event.agent, event.event, event.value));
    let expected =
        ledger.events.iter().map(|&(tick, agent, kind, value)| (tick, agent, Clerks::EVENTS[kind].name, value));
    assert!(listed.eq(expected.take(MAX_LISTED_EVENTS)));
    assert!(ledger.events.len() > MAX_LISTED_EVENTS && found.first.len() == MAX_LISTED_EVENTS, "the list is cut");
}

#[test]
fn events_are_counted_and_the_first_are_listed() {
    for partitions in [1, 2, 7] {
        let spec = spec("clerks", 400, 40);
        let mut simulation = start(&spec, partitions);
        let mut ledger = ledger(&simulation, 400);
        (0..40).for_each(|_| ledger.step(|_| true));
        for _ in 0..7 {
            simulation.step(50).unwrap();
        }
        let mut simulation = Simulation::resume(spec, &catalogue(), 3, simulation.save()).unwrap();
        check_events(&simulation.run().unwrap(), &ledger, 400);
    }
}

/// Letters under way are state: the digest and the hashes of an audit tell runs apart that differ in them alone.
#[test]
fn letters_under_way_are_part_of_digest_and_audit() {
    let spec = spec("clerks", 300, 4);
    let mut simulation = start(&spec, 2);
    simulation.step(100).unwrap();
    let saved = simulation.save();
    assert!(saved.states.iter().all(|state| !state.mail.is_empty()));
    let mut other = saved.clone();
    *other.states[0].mail.last_mut().unwrap() ^= 1;
    let other = Simulation::resume(spec.clone(), &catalogue(), 3, other).unwrap();
    assert_ne!(other.digest(), simulation.digest());
    let letters =
        |simulation: &Simulation| (0..300).map(|id| simulation.agent(id).unwrap().letters).collect::<Vec<_>>();
    let differ = letters(&simulation).iter().zip(letters(&other)).filter(|(one, other)| **one != *other).count();
    assert_eq!(differ, 1, "and a look at agents says whose letter it is");

    let entries = |partitions| {
        let mut replay = Replay::new(spec.clone(), &catalogue(), partitions, true).unwrap();
        let entries: Vec<_> = std::iter::from_fn(|| replay.next_entry().unwrap()).collect();
        entries
    };
    let (one, many) = (entries(1), entries(5));
    assert_eq!(one, many);
    for entry in &one {
        let state = entry.state.as_ref().unwrap();
        let sum = state.blocks.iter().fold(0_u64, |sum, &hash| sum.wrapping_add(hash));
        assert_eq!(sum, state.sum.0 as u64, "the hashes of blocks add up to the sum's lower half");
    }
    assert_eq!(one[1].state.as_ref().unwrap().digest, simulation.digest());
}

#[test]
fn damaged_letters_are_refused() {
    let spec = spec("clerks", 300, 4);
    let mut simulation = start(&spec, 2);
    simulation.step(100).unwrap();
    let damages: [fn(&mut Saved); 5] = [
        |saved| saved.states[1].mail.truncate(5),
        // The first letter is from someone who comes after the next one's writer.
        |saved| saved.states[0].mail[1..5].copy_from_slice(&140_u32.to_le_bytes()),
        // To an agent, and to a region, that do not exist.
        |saved| saved.states[0].mail[..9].copy_from_slice(&[0, 0, 0, 0, 0, 255, 255, 0, 0]),
        |saved| saved.states[0].mail[..9].copy_from_slice(&[1, 0, 0, 0, 0, 4, 0, 0, 0]),
        |saved| saved.states[0].mail.push(0),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let mut saved = simulation.save();
        damage(&mut saved);
        let refused = Simulation::resume(spec.clone(), &catalogue(), 2, saved);
        assert!(matches!(refused, Err(EngineError::State(_))), "damage {number}");
    }
}

proptest! {
    #[test]
    fn a_partitions_state_comes_back_from_its_bytes(
        blocks in 0u32..1_000_000, saved in prop::collection::vec(any::<u8>(), 0..200),
        mail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let state = PartitionState { blocks: blocks..blocks + 3, saved, mail };
        let bytes = state.to_bytes();
        prop_assert_eq!(PartitionState::from_bytes(&bytes).unwrap(), state.clone());
        if state.mail.is_empty() {
            // What was stored before there was mail is read as it was.
            let mut old = blocks.to_le_bytes().to_vec();
            old.extend_from_slice(&(blocks + 3).to_le_bytes());
            old.extend_from_slice(&state.saved);
            prop_assert_eq!(bytes, old);
        }
    }
}
