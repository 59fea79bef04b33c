//! The plain loops end where the runtime does, on any number of threads: what makes their comparison mean something.

use civitas_engine::{NetworkKind, NetworkSpec, PopulationSpec};

use super::*;

fn case(model: &str, parameters: &[(&str, f64)], kind: NetworkKind, threads: usize) -> Case {
    let spec = RunSpec {
        model: model.to_owned(),
        parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 30_000 },
        network: NetworkSpec { kind, ..NetworkSpec::default() },
        horizon_ticks: 40,
        seed: 3,
        ..RunSpec::default()
    };
    Case { spec, threads, rounds: 1, snapshot_every_ticks: 0, with_plain_loop: true, telemetry: false }
}

async fn figures(case: Case) -> Result<Figures> {
    measure(&case, &Catalogue::default(), |_| {}).await
}

#[actix_web::test]
async fn plain_loops_end_as_the_runtime_does() {
    for threads in [1, 3] {
        for kind in [NetworkKind::Gravity, NetworkKind::SmallWorld] {
            for (model, parameters) in [
                ("society", &[][..]),
                ("epidemic", &[("transmission", 0.05), ("waning", 0.02)]),
                ("epidemic", &[("transmission", 0.2), ("initial_share", 0.001)]),
            ] {
                let figures = figures(case(model, parameters, kind, threads)).await.unwrap();
                assert!(figures.ratio_to_plain_loop.is_some(), "{model}");
                assert_eq!(figures.state_digest.len(), 32);
                assert!(figures.bytes_per_agent > 48.0, "{}", figures.bytes_per_agent);
            }
        }
    }
}

#[actix_web::test]
async fn a_model_without_a_plain_loop_is_measured_alone() {
    let figures = figures(case("voter", &[], NetworkKind::Ring, 2)).await.unwrap();
    assert!(figures.ratio_to_plain_loop.is_none() && figures.agent_steps_per_s.median > 0.0);
    // What the plain loop leaves out, it does not pretend to do.
    let mixing = super::tests::figures(case("epidemic", &[("mixing", 0.2)], NetworkKind::Ring, 1)).await.unwrap();
    assert!(mixing.plain_agent_steps_per_s.is_none());
}

#[actix_web::test]
async fn what_cannot_be_run_is_refused() {
    let wrong = case("society", &[("nonsense", 1.0)], NetworkKind::Gravity, 1);
    let error = figures(wrong).await.unwrap_err().to_string();
    assert!(error.contains("nonsense"), "{error}");
}

#[test]
fn a_spread_is_ordered() {
    let spread = Spread::of(vec![3.0, 1.0, 2.0]).unwrap();
    assert_eq!((spread.lowest, spread.median, spread.highest), (1.0, 2.0, 3.0));
    assert_eq!(Spread::of(Vec::new()), None);
}
