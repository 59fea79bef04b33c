//! Copies of one persona in a given society: their first passage is the one that theory gives, they are alike at birth in what the
//! persona says and drawn one by one in all else, they go their own ways, and what is told of them does not depend on how the run is executed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::sync::Arc;

use civitas_engine::{
    Activation, Cast, Catalogue, Comparison, Effect, Ensemble, Goal, GoalTest, NetworkKind, NetworkSpec, Outcome,
    PassageReport, Persona, PopulationSpec, Precondition, Quality, RunSpec, Simulation, Spread, Subject, Surrounding,
    Surroundings, Turn, Value, World,
};

const COPIES: u32 = 20_000;

fn goal(name: &str, comparison: Comparison, value: Value) -> Goal {
    Goal { all: vec![GoalTest { quality: Quality::Trait(name.to_owned()), comparison, value }] }
}

fn is_true(name: &str) -> Goal {
    goal(name, Comparison::Equal, Value::Flag(true))
}

fn persona(traits: &[(&str, Value)]) -> Persona {
    let traits = traits.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Persona { region: Some("CA".to_owned()), segment: None, traits }
}

/// A society with one metric, in an environment of these values.
fn around(environment: &[f32], region: f64, society: f64) -> Surrounding {
    Surrounding { environment: environment.to_vec(), region: vec![region], society: vec![society] }
}

fn spec(model: &str, ensemble: Ensemble) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: COPIES };
    let cast = Some(Arc::new(Cast::Target(ensemble)));
    RunSpec { model: model.to_owned(), population, horizon_ticks: 20, seed: 3, cast, ..RunSpec::default() }
}

fn with(parameters: &[(&str, f64)]) -> BTreeMap<String, f64> {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

fn run(spec: &RunSpec, partitions: usize) -> Outcome {
    Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap().run().unwrap()
}

fn passage(spec: &RunSpec) -> PassageReport {
    run(spec, 2).target.unwrap()
}

/// The probability lies within four standard errors of what is expected, and so does the interval say.
fn is_about(found: &PassageReport, expected: f64) {
    let error = (expected * (1.0 - expected) / f64::from(COPIES)).sqrt();
    assert!((found.probability - expected).abs() < 4.0 * error, "{} and not {expected}", found.probability);
    assert!(found.interval_95.low < found.probability && found.probability < found.interval_95.high);
    assert!((found.interval_95.high - found.interval_95.low - 2.0 * 1.96 * error).abs() < error / 2.0);
    assert_eq!(found.reached + found.survivors, u64::from(COPIES));
    assert_eq!(found.first_passage.by_tick.iter().map(|arrivals| arrivals.count).sum::<u64>(), found.reached);
}

/// Whoever hears nobody adopts in each tick with the chance p (Bass 1969), so that the first passage is geometric.
#[test]
fn first_passage_without_others_is_geometric() {
    let ensemble = Ensemble { persona: persona(&[]), goal: is_true("adopted"), ..Ensemble::default() };
    let parameters = with(&[("innovation", 0.1), ("imitation", 0.0)]);
    let found = passage(&RunSpec { parameters, ..spec("bass", ensemble) });
    is_about(&found, 1.0 - 0.9_f64.powi(20));
    let by_seven =
        found.first_passage.by_tick.iter().filter(|arrivals| arrivals.tick <= 7).map(|a| a.count).sum::<u64>();
    assert!((by_seven as f64 / f64::from(COPIES) - (1.0 - 0.9_f64.powi(7))).abs() < 0.015);
    assert_eq!((found.first_passage.quantiles["p50"], found.first_passage.quantiles["p95"]), (Some(7), None));
    assert_eq!((found.copies, found.region.as_str(), found.segment), (COPIES, "CA", Some("all")));
}

/// With the recorded share F(t) of adopters the chance is p + q F(t), whatever the copies themselves do.
#[test]
fn copies_follow_the_recorded_society_and_not_each_other() {
    let share = |tick: u32| f64::from(tick) / 40.0;
    let ticks = (0..=20).map(|tick| around(&[0.5], 0.0, share(tick))).collect();
    let surroundings = Surroundings { ticks, ..Surroundings::default() };
    let ensemble = Ensemble { persona: persona(&[]), goal: is_true("adopted"), around: surroundings };
    let parameters = with(&[("innovation", 0.01), ("imitation", 0.2)]);
    let spec = RunSpec { parameters, ..spec("bass", ensemble) };
    is_about(&passage(&spec), 1.0 - (0..20).map(|tick| 1.0 - 0.01 - 0.2 * share(tick)).product::<f64>());
    let as_society = run(&RunSpec { cast: None, ..spec.clone() }, 1);
    assert!(as_society.target.is_none() && as_society.trends_by_region.len() > 40);
    // A shift comes on top of what was recorded: promotion at 1 doubles innovation.
    let shifted = RunSpec { variable_deltas: with(&[("promotion", 0.5)]), ..spec.clone() };
    is_about(&passage(&shifted), 1.0 - (0..20).map(|tick| 1.0 - 0.02 - 0.2 * share(tick)).product::<f64>());
    let effect = Effect { from_tick: Some(10), ..Effect::shift("promotion", 0.5) };
    let later = RunSpec { effects: vec![effect], ..spec };
    let hazard = |tick: u32| if tick < 10 { 0.01 } else { 0.02 } + 0.2 * share(tick);
    is_about(&passage(&later), 1.0 - (0..20).map(|tick| 1.0 - hazard(tick)).product::<f64>());
}

/// Who copies one of those it meets (the voter model) is of opinion A after a tick with the share of A around it: of the region
/// but for the share of ties that are long.
#[test]
fn others_are_drawn_from_the_means_around() {
    let met = |network: NetworkSpec| {
        let surroundings = Surroundings { ticks: vec![around(&[], 0.1, 0.6)], ..Surroundings::default() };
        let persona = persona(&[("opinion_a", Value::Flag(false))]);
        let ensemble = Ensemble { persona, goal: is_true("opinion_a"), around: surroundings };
        passage(&RunSpec { network, horizon_ticks: 3, ..spec("voter", ensemble) })
    };
    let gravity = |long_range_share| NetworkSpec { long_range_share, ..NetworkSpec::default() };
    is_about(&met(gravity(0.0)), 1.0 - 0.9_f64.powi(3));
    is_about(&met(gravity(0.4)), 1.0 - (1.0 - 0.6 * 0.1 - 0.4 * 0.6_f64).powi(3));
    is_about(&met(NetworkSpec { kind: NetworkKind::Complete, ..NetworkSpec::default() }), 1.0 - 0.4_f64.powi(3));
    let mut nobody = gravity(0.0);
    nobody.mean_degree = 0.0;
    assert_eq!(met(nobody).reached, 0, "whoever meets nobody stays as it is");
}

fn society() -> RunSpec {
    let persona = persona(&[("opinion", Value::Number(-0.5)), ("susceptibility", Value::Number(0.8))]);
    let persona = Persona { segment: Some("laggards".to_owned()), ..persona };
    let goal = goal("opinion", Comparison::Greater, Value::Number(-0.2));
    let ensemble = Ensemble { persona, goal, ..Ensemble::default() };
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
    RunSpec { population, parameters: with(&[("noise", 0.05)]), ..spec("society", ensemble) }
}

#[test]
fn copies_are_alike_at_birth_and_go_their_own_ways() {
    let found = passage(&society());
    assert_eq!((found.segment, found.trajectory[0].tick), (Some("laggards"), 0));
    let band = |point: usize, name: &str| match &found.trajectory[point].traits["opinion"] {
        Spread::Number(bands) => bands[name],
        other => panic!("{other:?}"),
    };
    assert!((band(0, "mean") + 0.5).abs() < 1e-5 && band(0, "p95") - band(0, "p05") < 0.011, "one and the same");
    assert!(band(3, "p95") - band(3, "p05") > 0.05, "each its own way");
    assert!(matches!(&found.trajectory[0].traits["stance"], Spread::Labels(labels) if labels["skeptic"] == 1.0));
    assert!(matches!(found.trajectory[0].traits["adopted"], Spread::Share(share) if share == 0.0));
    assert!(found.reached > 0 && found.trajectory.last().unwrap().reached == found.probability);
    let other = passage(&RunSpec { seed: 4, ..society() });
    assert_ne!(found.first_passage, other.first_passage);
}

/// By the models' rules at birth: a share of agents, or uniform around a mean, or evenly spaced.
#[test]
fn what_a_persona_leaves_out_is_drawn_for_each_copy() {
    let born = |model: &str, goal: Goal, parameters: &[(&str, f64)], seed: u64, agents: Option<u32>| {
        let (environment, region, society) = match model {
            "degroot" => (vec![], vec![0.5, 0.3], vec![0.5, 0.3]),
            _ => (vec![], vec![0.1], vec![0.1]),
        };
        let ticks = agents.map(|_| Surrounding { environment, region, society }).into_iter().collect();
        let around = Surroundings { ticks, agents, ..Surroundings::default() };
        let ensemble = Ensemble { persona: persona(&[]), goal, around };
        let spec = RunSpec { parameters: with(parameters), horizon_ticks: 1, seed, ..spec(model, ensemble) };
        run(&spec, 3).target.unwrap()
    };
    let at_birth = |found: &PassageReport| {
        found.first_passage.by_tick.first().filter(|arrivals| arrivals.tick == 0).map_or(0, |arrivals| arrivals.count)
    };
    let is_share = |found: &PassageReport, share: f64| {
        let error = (share * (1.0 - share) / f64::from(COPIES)).sqrt();
        let born = at_birth(found) as f64 / f64::from(COPIES);
        assert!((born - share).abs() < 4.0 * error, "{born} and not {share}");
    };
    let voters = |seed| born("voter", is_true("opinion_a"), &[("initial_share", 0.3)], seed, Some(1_000));
    is_share(&voters(3), 0.3);
    assert_ne!(at_birth(&voters(3)), at_birth(&voters(4)), "another seed draws others");
    is_share(&born("bass", is_true("adopted"), &[("initial_share", 0.25)], 3, None), 0.25);
    let ill = goal("stage", Comparison::Equal, Value::Text("infectious".to_owned()));
    is_share(&born("epidemic", ill, &[("initial_share", 0.125)], 3, None), 0.125);
    let low = |most: f64| goal("threshold", Comparison::Less, Value::Number(most));
    is_share(&born("threshold", low(0.15), &[("threshold", 0.2), ("spread", 0.5)], 3, None), 0.25);
    let ladder = [("by_number", 1.0), ("ladder", 1.0)];
    is_share(&born("threshold", low(4.0), &ladder, 3, Some(10)), 0.4);
    let low = goal("opinion", Comparison::Less, Value::Number(0.2));
    is_share(&born("degroot", low.clone(), &[], 3, Some(500)), 0.2);
    is_share(&born("degroot", low, &[("spaced", 1.0)], 3, Some(500)), 0.2);
}

/// Rogers' shares of the categories, which the model draws segments by.
#[test]
fn a_segment_that_is_left_out_is_drawn_for_each_copy() {
    let ensemble = Ensemble { persona: persona(&[]), goal: is_true("adopted"), ..Ensemble::default() };
    let spec = RunSpec { horizon_ticks: 12, ..spec("society", ensemble) };
    let whole = run(&spec, 1);
    let found = whole.target.clone().unwrap();
    assert_eq!((found.segment, whole.trends_by_segment.len()), (None, 5), "they are of several");
    let Spread::Labels(stances) = &found.trajectory[0].traits["stance"] else { panic!("{:?}", found.trajectory[0]) };
    assert!(stances.values().all(|share| *share > 0.01), "{stances:?}");
    let whole = whole.canonical_json();
    assert_eq!(run(&spec, 5).canonical_json(), whole);
    let mut first = Simulation::new(spec.clone(), &Catalogue::default(), 2).unwrap();
    (0..7).for_each(|_| first.step(100).unwrap());
    let mut resumed = Simulation::resume(spec, &Catalogue::default(), 3, first.save()).unwrap();
    assert_eq!(resumed.run().unwrap().canonical_json(), whole);
}

#[test]
fn the_answer_does_not_depend_on_partitions_or_on_where_it_was_resumed() {
    let spec = society();
    let whole = run(&spec, 1).canonical_json();
    for partitions in [2, 7] {
        assert_eq!(run(&spec, partitions).canonical_json(), whole, "{partitions} partitions");
    }
    for (at, partitions) in [(1, 3), (11, 1), (19, 5)] {
        let mut first = Simulation::new(spec.clone(), &Catalogue::default(), 2).unwrap();
        (0..at).for_each(|_| first.step(100).unwrap());
        let saved = first.save();
        let mut resumed = Simulation::resume(spec.clone(), &Catalogue::default(), partitions, saved.clone()).unwrap();
        assert_eq!(resumed.digest(), first.digest());
        assert_eq!(resumed.run().unwrap().canonical_json(), whole, "resumed at {at}");
        let turn = Turn { seed: Some(77), ..Turn::default() };
        let mut fork = Simulation::fork(&spec, turn.clone(), &Catalogue::default(), 3, saved).unwrap();
        let from_birth = run(&spec.turned(at, turn), 1);
        assert_eq!(fork.run().unwrap().canonical_json(), from_birth.canonical_json(), "forked at {at}");
    }
}

#[test]
fn the_newborn_society_is_the_models() {
    // A tenth is infectious at birth and stays so around the copies: with n others, each of whom infects with chance b, a copy
    // escapes a tick with (1 - b / 10)^n.
    let goal = goal("stage", Comparison::Equal, Value::Text("infectious".to_owned()));
    let persona = persona(&[("stage", Value::Text("susceptible".to_owned()))]);
    let ensemble = Ensemble { persona, goal, ..Ensemble::default() };
    let parameters = with(&[("initial_share", 0.1), ("transmission", 0.05), ("recovery", 0.0)]);
    let found = passage(&RunSpec { parameters, horizon_ticks: 5, ..spec("epidemic", ensemble) });
    is_about(&found, 1.0 - (1.0 - 0.005_f64).powi(12 * 5));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let refusal = |spec: RunSpec| World::check(&spec, &Catalogue::default()).unwrap_err().to_string();
    let sound = Ensemble { persona: persona(&[]), goal: is_true("adopted"), ..Ensemble::default() };
    let of = |ensemble: Ensemble| refusal(spec("bass", ensemble));
    let opinion = goal("opinion", Comparison::Greater, Value::Number(0.9));
    let torn = Ensemble { persona: persona(&[]), goal: opinion, ..Ensemble::default() };
    assert!(refusal(spec("bounded_confidence", torn)).starts_with("mode target cannot be asked of the model"));
    let homeless = Persona { region: None, ..persona(&[]) };
    assert!(of(Ensemble { persona: homeless, ..sound.clone() }).starts_with("target.persona.region is required"));
    assert!(
        of(Ensemble { goal: is_true("happy"), ..sound.clone() })
            .starts_with("target.goal.trait names no trait `happy`")
    );
    assert!(
        of(Ensemble { goal: Goal::default(), ..sound.clone() }).starts_with("target.goal must have between 1 and 8")
    );
    let mood = persona(&[("mood", Value::Number(1.0))]);
    assert!(of(Ensemble { persona: mood, ..sound.clone() }).starts_with("target.persona.traits.mood names no trait"));
    let short = Surroundings { ticks: vec![around(&[0.5], 0.0, 0.0); 11], ..Surroundings::default() };
    assert_eq!(
        of(Ensemble { around: short, ..sound.clone() }),
        "horizon_ticks must be at most 10, as long as the society was recorded, not 20"
    );
    let other = Surroundings { ticks: vec![around(&[], 0.0, 0.0)], ..Surroundings::default() };
    assert!(of(Ensemble { around: other, ..sound.clone() }).starts_with("target.society must be of the model `bass`"));
    let one = RunSpec { activation: Activation::One, ..spec("bass", sound.clone()) };
    assert!(refusal(one).starts_with("scheduler.activation must be all"));
    let when = Precondition {
        subject: Subject::Metric("adoption_rate".to_owned()),
        region: None,
        comparison: Comparison::Greater,
        value: 0.5,
    };
    let waiting = Effect { precondition: Some(when), ..Effect::shift("economy_confidence", 0.1) };
    let together = refusal(RunSpec { effects: vec![waiting], ..spec("bass", sound.clone()) });
    assert!(together.starts_with("scenario_patch.effects[0].precondition cannot look at a metric"), "{together}");
    let population = PopulationSpec { agents: 1_000_001, ..spec("bass", sound.clone()).population };
    assert_eq!(
        refusal(RunSpec { population, ..spec("bass", sound) }),
        "target.copies must be between 1 and 1000000, not 1000001"
    );
}
