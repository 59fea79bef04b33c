//! Users' data sets: were one of these to fail, agents would not be who the table says, or results would depend on threads.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use civitas_engine::{Catalogue, Dataset, PopulationSpec, RunSpec, Simulation, Table, Tables, Trends, World};

/// A catalogue with one data set of the name `mine`.
fn catalogue(regions: &str, agents: Option<&str>) -> Catalogue {
    let tables = Tables {
        agents: agents.map(|text| Table::csv("agents.csv", text.as_bytes())),
        ..Tables::of(Table::csv("regions.csv", regions.as_bytes()))
    };
    let mut catalogue = Catalogue::default();
    catalogue.add_dataset(Arc::new(Dataset::from_tables("mine", tables).unwrap()));
    catalogue
}

fn spec(agents: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "mine".to_owned(), agents };
    RunSpec { population, horizon_ticks: 5, ..RunSpec::default() }
}

/// Regions and agents of three kinds, mixed.
fn small(agents: usize) -> (String, String) {
    let regions = "code,population,latitude,longitude\nA,100,1,2\nB,0,3,4\nC,900,5,6\n".to_owned();
    let mut text = "opinion,region,segment,threshold,adopted\n".to_owned();
    for n in 0..agents {
        let (region, segment) = (["A", "C", "C"][n % 3], ["laggards", "innovators"][n % 2]);
        writeln!(text, "{},{region},{segment},0.{},{}", (n % 21) as f64 / 10.0 - 1.0, n % 10, n % 5 == 0).unwrap();
    }
    (regions, text)
}

#[test]
fn agents_are_who_the_table_says() {
    let (regions, agents) = small(900);
    let outcome = Simulation::new(spec(900), &catalogue(&regions, Some(&agents)), 3).unwrap().outcome();
    assert_eq!(outcome.agents, 900);
    let mean = |trends: &Trends, metric: &str| trends[metric][0].value;
    assert_eq!(mean(&outcome.trends, "adoption_rate"), 0.2);
    assert!((mean(&outcome.trends, "sentiment") - mean_opinion(900, |_| true)).abs() < 1e-4);
    assert_eq!(outcome.trends_by_region.keys().collect::<Vec<_>>(), ["A", "C"]);
    assert!((mean(&outcome.trends_by_region["A"], "sentiment") - mean_opinion(900, |n| n % 3 == 0)).abs() < 1e-4);
    assert_eq!(outcome.trends_by_segment.keys().collect::<Vec<_>>(), [&"innovators", &"laggards"]);
    let laggards = mean(&outcome.trends_by_segment["laggards"], "sentiment");
    assert!((laggards - mean_opinion(900, |n| n % 2 == 0)).abs() < 1e-4);
}

/// The mean opinion of some of the agents of [`small`].
fn mean_opinion(agents: usize, of: impl Fn(usize) -> bool) -> f64 {
    let opinions: Vec<_> = (0..agents).filter(|&n| of(n)).map(|n| (n % 21) as f64 / 10.0 - 1.0).collect();
    opinions.iter().sum::<f64>() / opinions.len() as f64
}

#[test]
fn segments_alone_shape_what_is_drawn() {
    let text =
        (0..2_000).fold("region,segment\n".to_owned(), |text, n| text + ["A,innovators\n", "A,laggards\n"][n % 2]);
    let outcome = Simulation::new(spec(2_000), &catalogue("code,population\nA,1\n", Some(&text)), 1).unwrap().outcome();
    let opinion = |segment| outcome.trends_by_segment[segment]["sentiment"][0].value;
    // Means of 0.45 and -0.30 with a standard deviation of 0.3 over a thousand each, clipped at 1.
    assert!((opinion("innovators") - 0.45).abs() < 0.04 && (opinion("laggards") + 0.30).abs() < 0.04);
}

#[test]
fn partitions_do_not_show() {
    let (regions, agents) = small(5_000);
    let catalogue = catalogue(&regions, Some(&agents));
    let one = Simulation::new(spec(5_000), &catalogue, 1).unwrap().run().unwrap();
    for partitions in [2, 7] {
        let many = Simulation::new(spec(5_000), &catalogue, partitions).unwrap().run().unwrap();
        assert_eq!(many.canonical_json(), one.canonical_json());
    }
    let mut half = Simulation::new(spec(5_000), &catalogue, 3).unwrap();
    (0..2).for_each(|_| half.step(100).unwrap());
    let resumed = Simulation::resume(spec(5_000), &catalogue, 2, half.save()).unwrap().run().unwrap();
    assert_eq!(resumed.canonical_json(), one.canonical_json());
}

#[test]
fn what_does_not_fit_the_model_is_refused_by_name() {
    let regions = "code,population\nA,1\n";
    let check = |model: &str, agents: &str, count: u32| {
        let spec = RunSpec { model: model.to_owned(), ..spec(count) };
        World::check(&spec, &catalogue(regions, Some(agents))).map_err(|error| error.to_string())
    };
    assert_eq!(check("society", "region,opinion,adopted\nA,0.5,1\nA,-1,0\n", 2), Ok(()));
    assert_eq!(check("voter", "region,opinion_a\nA,true\n", 1), Ok(()));
    for (model, agents, count, wanted) in [
        (
            "society",
            "region\nA\nA\n",
            3,
            "population.agents must be 2, as many as the data set `mine` lists, or left out, not 3",
        ),
        (
            "society",
            "region,opinion\nA,0.5\nA,1.5\n",
            2,
            "agents' row 2: opinion must be a number from -1 to 1, not 1.5",
        ),
        (
            "society",
            "region,opinoin\nA,0.5\n",
            1,
            "agents' column opinoin is no trait that the model `society` lets be set",
        ),
        ("society", "region,stance\nA,neutral\n", 1, "column stance is no trait that"),
        ("society", "region,adopted\nA,2\n", 1, "agents' row 1: adopted must be true or false, not 2"),
        (
            "society",
            "region,opinion\nA,low\n",
            1,
            "agents' column opinion must hold a number from -1 to 1 in every row",
        ),
        ("society", "region,segment\nA,laggards\nA,lagards\n", 2, "agents' row 2: segment must be one of innovators, "),
        (
            "voter",
            "region,segment\nA,all\n",
            1,
            "the model `voter` cannot be told agents' segments; leave out the column",
        ),
    ] {
        let said = check(model, agents, count).unwrap_err();
        assert!(said.contains(wanted), "{agents:?}: {said}");
    }
    let unknown = World::check(
        &RunSpec { population: PopulationSpec { dataset: "mars".to_owned(), agents: 1 }, ..spec(1) },
        &catalogue(regions, None),
    );
    assert_eq!(unknown.unwrap_err().to_string(), "unknown data set `mars`; available: mine, us-2020");
}

/// The size that the project promises. Times are printed: `cargo test -p civitas-engine --test datasets -- --nocapture`.
#[test]
fn three_thousand_regions_and_a_million_agents_load_and_run() {
    let mut regions = "code,name,population,latitude,longitude\n".to_owned();
    for n in 0..3_000 {
        let (lat, lon) = (f64::from(n % 60) - 30.0, f64::from(n / 60) * 2.0);
        writeln!(regions, "R{n},Region {n},{},{lat},{lon}", 1_000 + n * 7 % 501).unwrap();
    }
    let mut agents = "region,segment,opinion,threshold,adopted\n".to_owned();
    let segments = ["innovators", "early_adopters", "early_majority", "late_majority", "laggards"];
    for n in 0..1_000_000_usize {
        let (segment, opinion) = (segments[n % 5], (n % 2_001) as f64 / 1_000.0 - 1.0);
        writeln!(agents, "R{},{segment},{opinion},0.{:02},{}", n * 7_919 % 3_000, n % 100, n % 50 == 0).unwrap();
    }
    let start = Instant::now();
    let catalogue = catalogue(&regions, Some(&agents));
    let read = start.elapsed();
    let bytes = catalogue.dataset("mine").unwrap().to_bytes();
    let start = Instant::now();
    assert_eq!(Dataset::from_bytes("mine", &bytes).unwrap(), *catalogue.dataset("mine").unwrap());
    let loaded = start.elapsed();
    let start = Instant::now();
    let mut simulation = Simulation::new(spec(1_000_000), &catalogue, 2).unwrap();
    let built = start.elapsed();
    let start = Instant::now();
    (0..3).for_each(|_| simulation.step(100_000).unwrap());
    println!(
        "1,000,000 agents ({} MB as bytes): read {read:.1?}, from bytes {loaded:.1?}, built {built:.1?}, 3 ticks {:.1?}",
        bytes.len() / 1_000_000,
        start.elapsed()
    );
    assert_eq!((simulation.tick(), simulation.outcome().agents), (3, 1_000_000));
}
