//! Prints a run of `society` as a table: `cargo run --release -p civitas-engine --example curve -- 100000 100 ring 3`, for
//! agents, ticks, kind of network and number of partitions.

use civitas_engine::{Catalogue, NetworkSpec, PopulationSpec, RunSpec, Simulation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| args.get(place).map_or(Ok(default), |arg| arg.parse::<u32>());
    let (agents, horizon_ticks) = (number(0, 10_000)?, number(1, 100)?);
    let kind = args.get(2).map_or(Ok(Default::default()), |arg| arg.parse())?;
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    let network = NetworkSpec { kind, ..NetworkSpec::default() };
    let spec = RunSpec { population, network, horizon_ticks, ..RunSpec::default() };
    let start = std::time::Instant::now();
    let mut simulation = Simulation::new(spec, &Catalogue::default(), number(3, 1)? as usize)?;
    let built = start.elapsed();
    let start = std::time::Instant::now();
    let outcome = simulation.run()?;
    let ran = start.elapsed();
    for (point, sentiment) in outcome.trends["adoption_rate"].iter().zip(&outcome.trends["sentiment"]) {
        println!("{:5}  adoption {:.4}  sentiment {:+.4}", point.tick, point.value, sentiment.value);
    }
    for event in &outcome.key_events {
        println!("{:5}  {}: {} ({:+.4})", event.tick, event.r#type, event.description, event.impact);
    }
    println!("{:?}\n{:?}\n{:?}", outcome.outcome_summary, outcome.confidence, outcome.distribution);
    let speed = outcome.agent_steps as f64 / ran.as_secs_f64() / 1e6;
    println!("built in {built:.2?}, ran in {ran:.2?}: {speed:.1} million agent-steps per second");
    println!("{} bytes of canonical JSON, digest {:?}", outcome.canonical_json().len(), outcome.state_digest);
    Ok(())
}
