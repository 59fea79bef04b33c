//! Networks that data sets list: were one of these to fail, agents would listen to others than the table says, or results
//! would depend on how a run is split.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use civitas_engine::{
    Action, Catalogue, Dataset, NetworkKind, NetworkSpec, Outcome, Plan, PopulationSpec, RunSpec, Simulation, Table,
    Tables, Workflow, World,
};
use proptest::prelude::*;

/// Agents of two regions and ties between them, by rows of the table.
#[derive(Clone, Debug)]
struct Society {
    /// For each row, whether the agent lives in the first region.
    first: Vec<bool>,
    directed: bool,
    /// Source, target, weight.
    ties: Vec<(usize, usize, f32)>,
    weighted: bool,
}

impl Society {
    /// A catalogue with it under the name `mine`; agents have this trait.
    fn catalogue(&self, column: &str, value: impl Fn(usize) -> String) -> Catalogue {
        let mut agents = format!("region,{column}\n");
        for (row, first) in self.first.iter().enumerate() {
            writeln!(agents, "{},{}", if *first { "A" } else { "B" }, value(row)).unwrap();
        }
        self.with_agents(&agents)
    }

    /// The same with this table of agents.
    fn with_agents(&self, agents: &str) -> Catalogue {
        let mut ties = if self.weighted { "source,target,weight\n" } else { "source,target\n" }.to_owned();
        for (source, target, weight) in &self.ties {
            let weight = if self.weighted { format!(",{weight}") } else { String::new() };
            writeln!(ties, "{source},{target}{weight}").unwrap();
        }
        let tables = Tables {
            agents: Some(Table::csv("agents.csv", agents.as_bytes())),
            ties: Some(Table::csv("ties.csv", ties.as_bytes())),
            directed: self.directed,
            ..Tables::of(Table::csv("regions.csv", b"code,population\nA,5\nB,5\n"))
        };
        let mut catalogue = Catalogue::default();
        catalogue.add_dataset(Arc::new(Dataset::from_tables("mine", tables).unwrap()));
        catalogue
    }

    fn spec(&self, model: &str, parameters: &[(&str, f64)], ticks: u32) -> RunSpec {
        RunSpec {
            model: model.to_owned(),
            parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
            population: PopulationSpec { dataset: "mine".to_owned(), agents: self.first.len() as u32 },
            network: NetworkSpec { kind: NetworkKind::Listed, ..NetworkSpec::default() },
            horizon_ticks: ticks,
            ..RunSpec::default()
        }
    }

    /// The id of each row's agent: first those of the first region, then the others, in the order of rows.
    fn ids(&self) -> Vec<u32> {
        let before = |row: usize, of: bool| self.first[..row].iter().filter(|&&first| first == of).count();
        let all = before(self.first.len(), true);
        (0..self.first.len())
            .map(|row| if self.first[row] { before(row, true) } else { all + before(row, false) } as u32)
            .collect()
    }

    /// What the tables mean: whom each row's agent listens to, by rising id, with the weight; ids stand for themselves.
    fn rows(&self) -> Vec<Vec<(usize, f64)>> {
        let ids = self.ids();
        let mut rows = vec![Vec::new(); self.first.len()];
        for &(source, target, weight) in &self.ties {
            let weight = if self.weighted { f64::from(weight) } else { 1.0 };
            rows[target].push((source, weight));
            if !self.directed {
                rows[source].push((target, weight));
            }
        }
        rows.iter_mut().for_each(|row| row.sort_by_key(|&(peer, _)| ids[peer]));
        rows
    }
}

fn opinion(row: usize) -> f64 {
    (row * 37 % 101) as f64 / 100.0
}

/// Societies of up to 500 agents, in several blocks of random numbers.
fn societies() -> impl Strategy<Value = Society> {
    let agents = prop::collection::vec(any::<bool>(), 2..500);
    let ties =
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0.01..100.0f32), 1..900);
    (agents, ties, any::<bool>(), any::<bool>()).prop_map(|(first, ties, directed, weighted)| {
        let mut known = BTreeSet::new();
        let ties = ties.into_iter().map(|(a, b, weight)| (a.index(first.len()), b.index(first.len()), weight));
        let mut ties: Vec<_> = ties
            .filter(|&(a, b, _)| a != b && known.insert(if directed { (a, b) } else { (a.min(b), a.max(b)) }))
            .collect();
        if ties.is_empty() {
            ties.push((0, 1, 1.0));
        }
        Society { first, directed, ties, weighted }
    })
}

fn outcome(spec: &RunSpec, catalogue: &Catalogue, partitions: usize, batch: usize) -> Outcome {
    let mut simulation = Simulation::new(spec.clone(), catalogue, partitions).unwrap();
    while simulation.tick() < spec.horizon_ticks {
        simulation.step(batch).unwrap();
    }
    simulation.outcome()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// After one tick every agent has exactly the mean that the tables say, of its peers in the order of their ids.
    #[test]
    fn agents_listen_to_whom_the_table_says(society in societies(), partitions in 1usize..9) {
        let catalogue = society.catalogue("opinion", |row| opinion(row).to_string());
        let spec = society.spec("degroot", &[("self_weight", 0.25)], 1);
        let mut simulation = Simulation::new(spec, &catalogue, partitions).unwrap();
        simulation.step(100).unwrap();
        for ((row, peers), id) in society.rows().iter().enumerate().zip(society.ids()) {
            let (sum, weights) =
                peers.iter().fold((0.0, 0.0), |(sum, all), &(peer, weight)| (sum + weight * opinion(peer), all + weight));
            let expected = if peers.is_empty() { opinion(row) } else { 0.25 * opinion(row) + 0.75 * (sum / weights) };
            prop_assert_eq!(simulation.agent(id).unwrap().traits[0], expected, "row {}", row);
        }
    }

    #[test]
    fn splits_batches_and_resumes_do_not_show(
        society in societies(), partitions in 2usize..9, batch in 1usize..300, stop in 0u32..6, after in 1usize..9,
    ) {
        let catalogue = society.catalogue("opinion", |row| opinion(row).to_string());
        let spec = society.spec("degroot", &[("self_weight", 0.25)], 6);
        let expected = outcome(&spec, &catalogue, 1, usize::MAX);
        let split = outcome(&spec, &catalogue, partitions, batch);
        prop_assert_eq!(&split.state_digest, &expected.state_digest);
        prop_assert_eq!(split.canonical_json(), expected.canonical_json());
        let mut first = Simulation::new(spec.clone(), &catalogue, partitions).unwrap();
        (0..stop).for_each(|_| first.step(batch).unwrap());
        let mut second = Simulation::resume(spec, &catalogue, after, first.save()).unwrap();
        prop_assert_eq!(second.run().unwrap().canonical_json(), expected.canonical_json());
    }

    /// Weights that are all alike change nothing, to the last bit.
    #[test]
    fn equal_weights_are_none(society in societies(), number in 0.1..0.9f64) {
        let weighted = |weight: Option<f32>| {
            let ties = society.ties.iter().map(|&(a, b, _)| (a, b, weight.unwrap_or(1.0))).collect();
            Society { ties, weighted: weight.is_some(), ..society.clone() }
        };
        let parameters = [("threshold", number), ("spread", 0.5), ("initial_share", 0.2)];
        for (model, parameters) in [("degroot", &[][..]), ("threshold", &parameters[..])] {
            let digest = |society: Society| {
                let (column, value) = if model == "degroot" { ("opinion", 0.5) } else { ("threshold", number) };
                let catalogue = society.catalogue(column, |row| (value * opinion(row)).to_string());
                outcome(&society.spec(model, parameters, 4), &catalogue, 2, usize::MAX).state_digest
            };
            let plain = digest(weighted(None));
            prop_assert_eq!(&digest(weighted(Some(1.0))), &plain, "{}", model);
            prop_assert_eq!(&digest(weighted(Some(4.0))), &plain, "{}", model);
        }
    }
}

/// Strongly connected: a ring one way and some chords, with weights from 1 to 7.
fn ring(agents: usize) -> Society {
    let mut ties: Vec<_> = (0..agents).map(|row| (row, (row + 1) % agents, (row % 7 + 1) as f32)).collect();
    ties.extend((0..agents).step_by(3).map(|row| (row, (row * row + 5) % agents, (row % 4 + 1) as f32 / 2.0)));
    let mut known = BTreeSet::new();
    ties.retain(|&(a, b, _)| a != b && known.insert((a.min(b), a.max(b))));
    Society { first: (0..agents).map(|row| row % 3 == 0).collect(), directed: true, ties, weighted: true }
}

/// DeGroot 1974: with a matrix of weights whose rows sum to 1, all end at the mean of the initial opinions weighted by its
/// left eigenvector.
#[test]
fn weighted_opinions_end_at_the_left_eigenvectors_mean() {
    const SELF: f64 = 0.2;
    let society = ring(60);
    let rows = society.rows();
    let mut left = vec![1.0 / 60.0; 60];
    for _ in 0..50_000 {
        let mut next: Vec<f64> = left.iter().map(|share| SELF * share).collect();
        for (row, peers) in rows.iter().enumerate() {
            let all: f64 = peers.iter().map(|(_, weight)| weight).sum();
            peers.iter().for_each(|&(peer, weight)| next[peer] += (1.0 - SELF) * left[row] * weight / all);
        }
        left = next;
    }
    let expected: f64 = left.iter().enumerate().map(|(row, share)| share * opinion(row)).sum();
    let plain: f64 = (0..60).map(opinion).sum::<f64>() / 60.0;
    assert!((expected - plain).abs() > 0.01, "the weights must show: {expected} and {plain}");
    let catalogue = society.catalogue("opinion", |row| opinion(row).to_string());
    let mut simulation =
        Simulation::new(society.spec("degroot", &[("self_weight", SELF)], 1_000), &catalogue, 3).unwrap();
    (0..1_000).for_each(|_| simulation.step(usize::MAX).unwrap());
    for id in 0..60 {
        let end = simulation.agent(id).unwrap().traits[0];
        assert!((end - expected).abs() < 1e-9, "agent {id}: {end} instead of {expected}");
    }
}

/// The linear threshold model, with an outcome that weights alone decide.
#[test]
fn the_share_of_weight_decides_who_joins() {
    // Row 0 has joined. Row 1 hears it with weight 3 and row 2 with 1; rows 3 and 4 hear row 1 and somebody silent.
    let ties = vec![(0, 1, 3.0), (2, 1, 1.0), (1, 3, 0.7), (5, 3, 0.3), (1, 4, 0.69), (5, 4, 0.31)];
    let society = Society { first: vec![false, true, false, true, false, true], directed: true, ties, weighted: true };
    let joined = |threshold: f64, by_number: f64, society: &Society| {
        let catalogue = society.catalogue("joined", |row| (row == 0).to_string());
        let parameters = [("threshold", threshold), ("by_number", by_number), ("initial_share", 0.0)];
        let mut simulation = Simulation::new(society.spec("threshold", &parameters, 5), &catalogue, 2).unwrap();
        simulation.run().unwrap();
        society.ids().iter().map(|&id| simulation.agent(id).unwrap().traits[1] == 1.0).collect::<Vec<_>>()
    };
    assert_eq!(joined(0.7, 0.0, &society), [true, true, false, true, false, false]);
    assert_eq!(joined(0.69, 0.0, &society), [true, true, false, true, true, false]);
    assert_eq!(joined(0.76, 0.0, &society), [true, false, false, false, false, false]);
    assert_eq!(joined(3.0, 1.0, &society), [true, true, false, false, false, false], "by number weights add up");
    let plain = Society { weighted: false, ..society };
    assert_eq!(joined(0.5, 0.0, &plain), [true, true, false, true, true, false]);
    assert_eq!(joined(0.69, 0.0, &plain), [true, false, false, false, false, false]);
}

#[test]
fn what_does_not_fit_is_refused_and_says_what_would() {
    let weighted = ring(10);
    let catalogue = weighted.catalogue("opinion", |_| "0.5".to_owned());
    let said = |spec: &RunSpec| World::check(spec, &catalogue).unwrap_err().to_string();
    let society = weighted.spec("society", &[], 1);
    let refusal = said(&society);
    assert!(refusal.starts_with("network.kind cannot be listed with the model `society`, which does not weigh ties"));
    assert!(refusal.contains("no column weight") && refusal.contains("choose a model"), "{refusal}");
    let one_way = Society { weighted: false, directed: true, ..ring(10) };
    let catalogue = one_way.catalogue("opinion", |_| "0.5".to_owned());
    let refusal = World::check(&one_way.spec("epidemic", &[], 1), &catalogue).unwrap_err().to_string();
    assert!(
        refusal.contains("whose contacts go both ways") && refusal.contains("are directed: add a version"),
        "{refusal}"
    );
    let catalogue = weighted.catalogue("opinion", |_| "0.5".to_owned());
    // The same agents on a network that the data set has nothing to do with.
    World::check(&RunSpec { network: NetworkSpec::default(), ..society }, &catalogue).unwrap();
    World::check(&weighted.spec("degroot", &[], 1), &catalogue).unwrap();
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 100 };
    let refusal = said(&RunSpec { population, ..weighted.spec("degroot", &[], 1) });
    assert!(refusal.starts_with("network.kind cannot be listed with the data set `us-2020`, which lists no ties: add"));
    let plain = Society { weighted: false, ..weighted };
    let catalogue = plain.catalogue("opinion", |_| "0.5".to_owned());
    World::check(&plain.spec("society", &[], 1), &catalogue).unwrap();
}

/// Every model that comes with civitas on a network without weights; interviews see the same peers as steps do.
#[test]
fn every_model_runs_on_listed_ties() {
    let society = Society { weighted: false, directed: false, ..ring(200) };
    let homes =
        society.first.iter().fold("region\n".to_owned(), |text, first| text + if *first { "A\n" } else { "B\n" });
    let catalogue = society.with_agents(&homes);
    let models: Vec<_> = catalogue.cards().map(|card| card.name).collect();
    for model in models {
        let asked = Action::Interview { text: "Why?".to_owned(), agents: vec![0, 99, 199] };
        let steps =
            vec![Action::Run { ticks: 5, seconds_per_tick: 60 }, asked, Action::Run { ticks: 1, seconds_per_tick: 60 }];
        let workflow = Some(Arc::new(Workflow { steps, ..Workflow::default() }));
        let spec = RunSpec { workflow, ..society.spec(model, &[], 6) };
        let expected = outcome(&spec, &catalogue, 1, usize::MAX).canonical_json();
        let split = outcome(&spec, &catalogue, 4, 70).canonical_json();
        assert_eq!(String::from_utf8(split), String::from_utf8(expected), "{model}");
    }
}

#[test]
fn building_goes_in_turns_and_memory_counts_the_real_ties() {
    let society = Society { weighted: false, ..ring(6_400) };
    let catalogue = society.catalogue("opinion", |_| "0.5".to_owned());
    let spec = society.spec("degroot", &[], 1);
    let world = World::new(spec, &catalogue).unwrap();
    let plan = Plan::cut(&world, 2);
    let mut builder = world.builder(&plan, 1, None);
    let mut turns = 1;
    while !builder.build_some(640).unwrap() {
        turns += 1;
    }
    assert!((5..=6).contains(&turns), "half of the agents: {turns} turns");
    let ties = world.dataset.tie_count();
    assert!((world.reads_per_agent() - ties as f64 / 6_400.0).abs() < 1e-12);
    let memory = |kind| world.dataset.memory_bytes(kind);
    let (made, listed) = (memory(NetworkKind::Gravity), memory(NetworkKind::Listed));
    assert_eq!(listed - made, 4 * (ties as u64 + 6_401), "a run on the ties takes them once more");
    let weighted = ring(6_400).catalogue("opinion", |_| "0.5".to_owned());
    let weighted = weighted.dataset("mine").unwrap().memory_bytes(NetworkKind::Listed);
    assert_eq!(weighted - listed, 8 * ties as u64);
}

/// The size that the project promises. Times are printed: `cargo test -p civitas-engine --test listed -- --nocapture`.
#[test]
fn a_million_agents_on_six_million_ties_load_and_run() {
    const AGENTS: usize = 1_000_000;
    let mut ties = "source,target,weight\n".to_owned();
    for row in 0..AGENTS {
        // Near ones and far ones; no distance is more than half of the ring, so no pair stands twice.
        for distance in
            [1, 2, 3 + row % 7, 11 + row % 29, 1_000 + row * 7_919 % 100_000, 200_000 + row * 104_729 % 200_000]
        {
            writeln!(ties, "{row},{},0.{}", (row + distance) % AGENTS, 1 + row % 9).unwrap();
        }
    }
    let agents = (0..AGENTS).fold("region,opinion\n".to_owned(), |mut text, row| {
        writeln!(text, "{},{}", ["A", "B"][row * 31 % 7 % 2], opinion(row)).unwrap();
        text
    });
    let start = Instant::now();
    let tables = Tables {
        agents: Some(Table::csv("agents.csv", agents.as_bytes())),
        ties: Some(Table::csv("ties.csv", ties.as_bytes())),
        ..Tables::of(Table::csv("regions.csv", b"code,population\nA,5\nB,5\n"))
    };
    let read = Dataset::from_tables("mine", tables).unwrap();
    let read_in = start.elapsed();
    let bytes = read.to_bytes();
    let start = Instant::now();
    let dataset = Arc::new(Dataset::from_bytes("mine", &bytes).unwrap());
    let loaded_in = start.elapsed();
    assert_eq!((dataset.tie_count(), &*dataset), (6 * AGENTS, &read));
    let mut catalogue = Catalogue::default();
    catalogue.add_dataset(dataset);
    let spec = RunSpec {
        model: "degroot".to_owned(),
        population: PopulationSpec { dataset: "mine".to_owned(), agents: AGENTS as u32 },
        network: NetworkSpec { kind: NetworkKind::Listed, ..NetworkSpec::default() },
        ..RunSpec::default()
    };
    let start = Instant::now();
    let mut simulation = Simulation::new(spec.clone(), &catalogue, 2).unwrap();
    let built_in = start.elapsed();
    let start = Instant::now();
    (0..3).for_each(|_| simulation.step(100_000).unwrap());
    println!(
        "6,000,000 ties with weights ({} MB as CSV, {} MB as bytes): read {read_in:.1?}, from bytes {loaded_in:.1?}, built \
         {built_in:.1?}, 3 ticks {:.1?}",
        ties.len() / 1_000_000,
        bytes.len() / 1_000_000,
        start.elapsed()
    );
    let mut whole = Simulation::new(spec, &catalogue, 1).unwrap();
    (0..3).for_each(|_| whole.step(usize::MAX).unwrap());
    assert_eq!(simulation.digest(), whole.digest());
}
