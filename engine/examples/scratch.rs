//! scratch
use civitas_engine::*;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let n: u32 = args[0].parse().unwrap();
    let ticks: u32 = args[1].parse().unwrap();
    let kind: NetworkKind = args[2].parse().unwrap();
    let deg: f64 = args[3].parse().unwrap();
    let parts: usize = args[4].parse().unwrap();
    let mut p = std::collections::BTreeMap::new();
    for kv in &args[5..] {
        let (k, v) = kv.split_once('=').unwrap();
        p.insert(k.to_owned(), v.parse::<f64>().unwrap());
    }
    let spec = RunSpec {
        model: "epidemic".into(),
        parameters: p,
        population: PopulationSpec { dataset: "us-2020".into(), agents: n },
        network: NetworkSpec { kind, mean_degree: deg, ..Default::default() },
        horizon_ticks: ticks,
        ..RunSpec::default()
    };
    let t = std::time::Instant::now();
    let mut s = Simulation::new(spec, &Catalogue::default(), parts).unwrap();
    let b = t.elapsed();
    let t = std::time::Instant::now();
    let o = s.run().unwrap();
    let r = t.elapsed();
    println!("built {b:.2?} ran {r:.2?}: {:.1} M/s {:?}", o.agent_steps as f64 / r.as_secs_f64() / 1e6, o.distribution);
}
