//! What effects make of the environment, tick by tick, against values reckoned by hand. Were one of these to fail, a scenario
//! would shift something else, elsewhere, at another time or more strongly than it says.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use civitas_engine::*;

const AGENTS: u32 = 1_000;
const CALIFORNIA: usize = 4;
const TEXAS: usize = 43;

fn spec(effects: Vec<Effect>) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: AGENTS };
    RunSpec { population, horizon_ticks: 8, effects, ..RunSpec::default() }
}

fn place(variable: &str) -> usize {
    let catalogue = Catalogue::default();
    let card = catalogue.cards().find(|card| card.name == "society").unwrap();
    card.variables.iter().position(|known| known.name == variable).unwrap()
}

/// A variable of a region and segment in each tick of a run.
fn values(spec: &RunSpec, variable: &str, region: usize, segment: usize) -> Vec<f32> {
    let mut run = Simulation::new(spec.clone(), &Catalogue::default(), 2).unwrap();
    let mut values = Vec::new();
    for _ in 0..spec.horizon_ticks {
        values.push(run.conditions().of(region, segment)[place(variable)]);
        run.step(usize::MAX).unwrap();
    }
    values
}

fn close(found: &[f32], wanted: &[f32]) {
    let same = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6);
    assert!(same && found.len() == wanted.len(), "{found:?} is not {wanted:?}");
}

/// From 0.5, the default of social_trust.
#[test]
fn windows_begin_and_end_where_they_say() {
    let window = Effect { from_tick: Some(2), until_tick: Some(5), ..Effect::shift("social_trust", 0.25) };
    let found = values(&spec(vec![window]), "social_trust", 0, 0);
    close(&found, &[0.5, 0.5, 0.75, 0.75, 0.75, 0.5, 0.5, 0.5]);
}

#[test]
fn each_intensity_is_felt_as_its_formula_says() {
    for (intensity, wanted) in [
        (Intensity::Step, [0.5, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]),
        (Intensity::Instantaneous, [0.5, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (Intensity::Pulse { ticks: 2 }, [0.5, 0.7, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (Intensity::LinearDecay { ticks: 4 }, [0.5, 0.7, 0.65, 0.6, 0.55, 0.5, 0.5, 0.5]),
        (Intensity::ExponentialDecay { half_life_ticks: 1.0 }, [0.5, 0.7, 0.6, 0.55, 0.525, 0.5125, 0.50625, 0.503125]),
        (Intensity::Lagged { lag_ticks: 1, rise_ticks: 1 }, [0.5, 0.5, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7]),
        (Intensity::Custom { points: vec![(0, 0.5), (2, 1.0), (4, 0.0)] }, [0.5, 0.6, 0.65, 0.7, 0.6, 0.5, 0.5, 0.5]),
    ] {
        let effect = Effect { from_tick: Some(1), intensity, ..Effect::shift("social_trust", 0.2) };
        close(&values(&spec(vec![effect]), "social_trust", 0, 0), &wanted);
    }
}

/// Shifts come first, then effects one after the other, and only then is anything cut to [0, 1].
#[test]
fn effects_come_in_their_order_after_shifts_and_are_cut_last() {
    let of = |operation, value| Effect { operation, ..Effect::shift("social_trust", value) };
    let first = |effects: Vec<Effect>| {
        let spec = RunSpec { variable_deltas: [("social_trust".to_owned(), 0.1)].into(), ..spec(effects) };
        values(&spec, "social_trust", 0, 0)[0]
    };
    close(&[first(vec![])], &[0.6]);
    close(&[first(vec![of(Operation::Multiply, 2.0), of(Operation::Add, -0.5)])], &[0.7]);
    close(&[first(vec![of(Operation::Add, -0.5), of(Operation::Multiply, 2.0)])], &[0.2]);
    close(&[first(vec![of(Operation::Multiply, 9.0), of(Operation::Min, 0.3)])], &[0.3]);
    close(&[first(vec![of(Operation::Multiply, 9.0)])], &[1.0]);
    close(&[first(vec![of(Operation::Set, 0.2), of(Operation::Max, 0.4)])], &[0.4]);
}

#[test]
fn scopes_hold_for_their_regions_and_segments_alone() {
    let scope = Scope { regions: Some(vec!["CA".to_owned()]), segments: Some(vec!["laggards".to_owned()]) };
    let here = Effect { scope, ..Effect::shift("social_trust", 0.25) };
    let texas = Scope { regions: Some(vec!["TX".to_owned()]), segments: None };
    let there = Effect { scope: texas, ..Effect::shift("social_trust", -0.25) };
    let both = spec(vec![here, there]);
    let run = Simulation::new(both.clone(), &Catalogue::default(), 3).unwrap();
    for region in 0..51 {
        for segment in 0..5 {
            let wanted = match (region, segment) {
                (CALIFORNIA, 4) => 0.75,
                (TEXAS, _) => 0.25,
                _ => 0.5,
            };
            close(&[run.conditions().of(region, segment)[place("social_trust")]], &[wanted]);
        }
    }
    let outcome = Simulation::new(both, &Catalogue::default(), 2).unwrap().run().unwrap();
    let laggards =
        (0..AGENTS).filter_map(|id| run.agent(id)).filter(|a| (a.region, a.segment) == (CALIFORNIA, 4)).count();
    let texans = (0..AGENTS).filter_map(|id| run.agent(id)).filter(|a| a.region == TEXAS).count();
    let told: Vec<_> = outcome.key_events.iter().filter_map(|event| event.affected_agents).collect();
    assert_eq!(told, [laggards as u64, texans as u64]);
    assert!(laggards > 5 && texans > 50);
}

#[test]
fn what_waits_for_a_condition_begins_with_the_tick_after_it_holds_and_stays() {
    let plain = RunSpec { horizon_ticks: 60, ..spec(vec![]) };
    let adopted: Vec<f64> = {
        let mut run = Simulation::new(plain.clone(), &Catalogue::default(), 1).unwrap();
        let each = (0..60).map(|_| {
            let share = run.conditions().society[0];
            run.step(usize::MAX).unwrap();
            share
        });
        each.collect()
    };
    let first = adopted.iter().position(|&share| share >= 0.1).unwrap();
    assert!((5..50).contains(&first), "{first}");
    let when = |subject, value| Precondition { subject, region: None, comparison: Comparison::AtLeast, value };
    let metric = |name: &str| Subject::Metric(name.to_owned());
    let effect = |precondition| Effect {
        precondition: Some(precondition),
        intensity: Intensity::Pulse { ticks: 3 },
        ..Effect::shift("social_trust", 0.25)
    };
    let felt = |spec: &RunSpec, variable: &str| -> Vec<usize> {
        let values = values(spec, variable, 0, 0);
        (0..values.len()).filter(|&tick| values[tick] != 0.5).collect()
    };
    let waits = RunSpec { effects: vec![effect(when(metric("adoption_rate"), 0.1))], ..plain.clone() };
    assert_eq!(felt(&waits, "social_trust"), (first..first + 3).collect::<Vec<_>>(), "once, though it goes on to hold");
    let never = RunSpec { effects: vec![effect(when(metric("adoption_rate"), 1.5))], ..plain.clone() };
    assert_eq!(felt(&never, "social_trust"), [] as [usize; 0]);

    // A variable is judged without what begins with the same tick: the second waits for the first.
    let price = Subject::Variable("price_sensitivity".to_owned());
    let cause = Effect {
        from_tick: Some(4),
        precondition: Some(when(metric("adoption_rate"), 0.0)),
        ..Effect::shift("price_sensitivity", 0.2)
    };
    let chain = RunSpec { effects: vec![effect(when(price, 0.6)), cause], ..plain };
    assert_eq!(felt(&chain, "social_trust"), [5, 6, 7]);
}

#[test]
fn a_region_without_agents_and_names_that_mean_nothing_are_refused() {
    let said = |effect: Effect, agents: u32| {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
        World::new(RunSpec { population, ..spec(vec![effect]) }, &Catalogue::default()).err().unwrap().to_string()
    };
    let in_regions = |codes: &[&str]| Effect {
        scope: Scope { regions: Some(codes.iter().map(|&code| code.to_owned()).collect()), segments: None },
        ..Effect::shift("social_trust", 0.1)
    };
    assert!(said(in_regions(&["WY", "VT"]), 40).contains("hold none of the 40 agents"));
    assert!(World::new(spec(vec![in_regions(&["WY", "VT"])]), &Catalogue::default()).is_ok());
    assert!(said(in_regions(&["XX"]), 40).contains("name no region `XX`"));
    assert!(said(Effect::shift("social_trsut", 0.1), 40).contains("did you mean `social_trust`?"));
    let many = vec![Effect::shift("social_trust", 0.0); MAX_EFFECTS + 1];
    assert!(spec(many).check().unwrap_err().to_string().contains("must be at most 256 effects"));
}
