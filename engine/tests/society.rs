//! What `society` claims of itself: an S-shaped curve by default, shares that add up, effects in the stated direction,
//! common random numbers between scenarios.

#![allow(clippy::unwrap_used)]

use civitas_engine::{Catalogue, NetworkSpec, Outcome, PopulationSpec, RunSpec, Simulation};

fn spec(agents: u32) -> RunSpec {
    RunSpec { population: PopulationSpec { dataset: "us-2020".to_owned(), agents }, ..RunSpec::default() }
}

fn run(spec: RunSpec) -> Outcome {
    Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap()
}

fn with(deltas: &[(&str, f64)], parameters: &[(&str, f64)]) -> RunSpec {
    let map = |pairs: &[(&str, f64)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    RunSpec { variable_deltas: map(deltas), parameters: map(parameters), ..spec(20_000) }
}

fn adoption(spec: RunSpec) -> f64 {
    run(spec).outcome_summary.values["adoption_rate"]
}

#[test]
fn defaults_give_an_s_shaped_curve_that_ends_between_none_and_all() {
    let outcome = run(spec(50_000));
    let curve: Vec<f64> = outcome.trends["adoption_rate"].iter().map(|point| point.value).collect();
    assert_eq!((curve.len(), curve[0]), (25, 0.0));
    let end = curve[24];
    assert!((0.5..0.98).contains(&end), "ends at {end}");
    let gains: Vec<f64> = curve.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gains.iter().all(|&gain| gain >= 0.0), "adoption never falls");
    let peak = gains.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    assert!((6..=20).contains(&peak), "steepest at interval {peak}");
    assert!(gains[0] < gains[peak] / 3.0 && gains[23] < gains[peak] * 0.8, "{gains:?}");
    let passed = outcome.key_events.iter().filter(|event| event.r#type == "milestone").count();
    assert!(passed >= 2, "{:?}", outcome.key_events);
}

#[test]
fn shares_add_up_and_breakdowns_agree_with_the_whole() {
    let outcome = run(spec(10_000));
    assert!((outcome.distribution.values().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(outcome.trends_by_region.len(), 51);
    assert_eq!(outcome.trends_by_segment.len(), 5);
    assert_eq!(outcome.agent_steps, 10_000 * 100);
    let first = |name: &str| outcome.trends_by_segment[name]["adoption_rate"].last().unwrap().value;
    assert!(first("innovators") > first("early_majority") && first("early_majority") > first("laggards"));
    let last = outcome.trends["adoption_rate"].last().unwrap();
    assert_eq!((last.tick, last.value), (100, outcome.outcome_summary.values["adoption_rate"]));
}

#[test]
fn every_variable_acts_in_its_stated_direction() {
    let base = adoption(with(&[], &[]));
    assert!(adoption(with(&[("economy_confidence", 0.3)], &[])) > base + 0.02);
    assert!(adoption(with(&[("economy_confidence", -0.3)], &[])) < base - 0.02);
    assert!(adoption(with(&[("price_sensitivity", 0.4)], &[])) < base - 0.02);
    assert!(adoption(with(&[("media_sentiment", 0.4)], &[])) > base + 0.005);
    let sentiment = |spec| run(spec).trends["sentiment"].last().unwrap().value;
    let moved = |trust| (sentiment(with(&[("social_trust", trust), ("media_sentiment", 0.5)], &[]))).abs();
    assert!(moved(0.4) > moved(-0.4), "trust lets opinions move further from where they began");
}

#[test]
fn parameters_act() {
    let base = adoption(with(&[], &[]));
    assert!(adoption(with(&[], &[("imitation", 0.0)])) < base - 0.2);
    assert_eq!(adoption(with(&[], &[("imitation", 0.0), ("innovation", 0.0)])), 0.0);
    assert!(adoption(with(&[], &[("imitation", 1.0)])) > base);
    let still = run(with(&[], &[("pace", 0.0), ("noise", 0.0)]));
    assert_eq!(still.outcome_summary.values["sentiment_shift"], 0.0);
    let alone = RunSpec { network: NetworkSpec { mean_degree: 0.0, ..NetworkSpec::default() }, ..spec(20_000) };
    assert!(adoption(alone) < base - 0.2, "without peers there is no imitation");
}

#[test]
fn fewer_agents_act_at_a_lower_sample_rate() {
    let outcome = run(RunSpec { sample_rate: 0.25, ..spec(20_000) });
    let share = outcome.agent_steps as f64 / (20_000.0 * 100.0);
    // Two million Bernoulli draws: standard error 0.0003.
    assert!((share - 0.25).abs() < 0.002, "{share}");
    assert!(outcome.outcome_summary.values["adoption_rate"] < adoption(spec(20_000)));
}

#[test]
fn a_shift_of_nothing_is_the_baseline_and_scenarios_share_their_random_numbers() {
    let base = run(with(&[], &[]));
    assert_eq!(run(with(&[("economy_confidence", 0.0)], &[])).trends, base.trends);
    // With common random numbers an agent that adopts in the baseline adopts no later under a higher hazard: the
    // difference between scenarios has one sign at every tick, far below the noise between seeds.
    let higher = run(with(&[("economy_confidence", 0.01)], &[("noise", 0.0)]));
    let lower = run(with(&[], &[("noise", 0.0)]));
    for (high, low) in higher.trends["adoption_rate"].iter().zip(&lower.trends["adoption_rate"]) {
        assert!(high.value >= low.value, "tick {}", high.tick);
    }
}

#[test]
fn tiny_societies_run() {
    for agents in [1, 2, 5, 51, 64, 65] {
        let outcome = run(RunSpec { horizon_ticks: 3, ..spec(agents) });
        assert_eq!(outcome.agents, agents);
        assert!((outcome.distribution.values().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(!outcome.trends_by_region.is_empty());
    }
    let outcome = run(RunSpec { horizon_ticks: 3, ..spec(1) });
    assert_eq!((outcome.confidence.standard_error, outcome.outcome_summary.confidence_level), (None, "low"));
}

/// The stated 95 % margin must hold between seeds, as far as it claims: it is made from one run's blocks.
#[test]
fn the_margin_has_the_size_of_the_spread_between_seeds() {
    let at = |seed| run(RunSpec { seed, horizon_ticks: 60, ..spec(10_000) });
    let outcomes: Vec<Outcome> = (1..=20).map(at).collect();
    let rates: Vec<f64> = outcomes.iter().map(|o| o.outcome_summary.values["adoption_rate"]).collect();
    let mean = rates.iter().sum::<f64>() / 20.0;
    let spread = (rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 19.0).sqrt();
    let claimed = outcomes.iter().map(|o| o.confidence.standard_error.unwrap()).sum::<f64>() / 20.0;
    // Within a factor of three either way: blocks are not wholly independent of each other.
    assert!(claimed > spread / 3.0 && claimed < spread * 3.0, "claimed {claimed}, spread {spread}");
}
