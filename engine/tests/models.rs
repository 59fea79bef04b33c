//! Every built-in model: one answer however it is split and resumed, and golden digests, so that a change of results is
//! always deliberate. A digest changes only with the model's VERSION or the engine's RESULTS_VERSION.

#![allow(clippy::unwrap_used)]

use civitas_engine::*;

/// Name, network, parameters, digest.
type Golden = (&'static str, NetworkKind, &'static [(&'static str, f64)], &'static str);

/// Every model with its golden digest: 1,300 agents, 12 ticks, seed 9, on the network named, with these parameters.
const GOLDEN: [Golden; 9] = [
    ("society", NetworkKind::Gravity, &[], "dab2d1f4bd611d3b564211e34792a7b8"),
    ("epidemic", NetworkKind::SmallWorld, &[("incubation", 2.0), ("waning", 0.05)], "3e0e03d7876cbc8d35312fd43866d115"),
    ("epidemic", NetworkKind::Gravity, &[("transmission", 0.0), ("mixing", 0.4)], "339b451ef064106a9924b0f69f3feb25"),
    ("bass", NetworkKind::Gravity, &[], "8e9590179a22ecb95d338bf2482018fa"),
    (
        "threshold",
        NetworkKind::ErdosRenyi,
        &[("spread", 0.5), ("initial_share", 0.05)],
        "a4fbd2d9beb001b55028b6fc8fbc7062",
    ),
    ("voter", NetworkKind::ScaleFree, &[("noise", 0.01)], "e26c44ef97ff92a6cb89b64506d62ed3"),
    ("bounded_confidence", NetworkKind::Complete, &[], "89b851802844d6ad128cb02c76fe6c1b"),
    ("bounded_confidence", NetworkKind::Pairs, &[("rule", 1.0)], "1e3a53b5bc1d8fd2ec13fbfddf7654a2"),
    ("degroot", NetworkKind::Ring, &[], "ea81328d8b83bcb5e324ad16eb7a0427"),
];

fn spec(model: &str, kind: NetworkKind, parameters: &[(&str, f64)]) -> RunSpec {
    RunSpec {
        model: model.to_owned(),
        parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 1_300 },
        network: NetworkSpec { kind, ..NetworkSpec::default() },
        seed: 9,
        horizon_ticks: 12,
        ..RunSpec::default()
    }
}

fn start(spec: &RunSpec, partitions: usize) -> Simulation {
    Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap()
}

#[test]
fn golden_digests() {
    let mut wrong = Vec::new();
    for (model, kind, parameters, golden) in GOLDEN {
        let found = start(&spec(model, kind, parameters), 1).run().unwrap().state_digest.unwrap();
        if found != golden {
            wrong.push(format!("{model} on {}: {found}", kind.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_model_has_a_golden_digest() {
    for card in Catalogue::default().cards() {
        assert!(GOLDEN.iter().any(|(model, ..)| *model == card.name), "{}", card.name);
    }
}

#[test]
fn partitions_and_batches_never_show_in_any_model() {
    for (model, kind, parameters, _) in GOLDEN {
        for (activation, sample_rate) in [(Activation::All, 1.0), (Activation::All, 0.4), (Activation::One, 1.0)] {
            let spec = RunSpec { activation, sample_rate, ..spec(model, kind, parameters) };
            let mut whole = start(&spec, 1);
            let expected = whole.run().unwrap().canonical_json();
            for (partitions, batch) in [(2, 1), (3, 100), (7, 500), (16, usize::MAX)] {
                let mut split = start(&spec, partitions);
                while split.tick() < spec.horizon_ticks {
                    split.step(batch).unwrap();
                }
                let found = split.outcome().canonical_json();
                assert_eq!(found, expected, "{model} on {}, {partitions} partitions", kind.as_str());
            }
        }
    }
}

#[test]
fn every_model_resumes_on_another_plan() {
    for (model, kind, parameters, _) in GOLDEN {
        let spec = spec(model, kind, parameters);
        let expected = start(&spec, 1).run().unwrap().canonical_json();
        for (tick, first, then) in [(0, 2, 3), (5, 3, 1), (11, 1, 7), (12, 7, 2)] {
            let mut stopped = start(&spec, first);
            while stopped.tick() < tick {
                stopped.step(64).unwrap();
            }
            let mut resumed = Simulation::resume(spec.clone(), &Catalogue::default(), then, stopped.save()).unwrap();
            assert_eq!(resumed.digest(), stopped.digest());
            assert_eq!(resumed.run().unwrap().canonical_json(), expected, "{model} from tick {tick}");
        }
    }
}

#[test]
fn one_agent_at_a_time_changes_one_agent_at_most() {
    let spec = RunSpec { activation: Activation::One, ..spec("voter", NetworkKind::Complete, &[]) };
    let mut simulation = start(&spec, 3);
    let mut before = simulation.save().states;
    for _ in 0..12 {
        simulation.step(usize::MAX).unwrap();
        let after = simulation.save().states;
        let bytes = |states: &[PartitionState]| states.iter().flat_map(|s| s.saved.clone()).collect::<Vec<u8>>();
        let changed = bytes(&before).iter().zip(bytes(&after)).filter(|(a, b)| **a != *b).count();
        assert!(changed <= 1, "{changed}");
        before = after;
    }
    assert_eq!(simulation.outcome().agent_steps, 12);
}

#[test]
fn one_agent_at_a_time_leaves_no_share_to_choose() {
    let one = |sample_rate| RunSpec { activation: Activation::One, sample_rate, ..RunSpec::default() }.check();
    assert_eq!(one(1.0), Ok(()));
    let error = one(0.5).unwrap_err().to_string();
    assert!(
        error.starts_with("scheduler.sample_rate must be 1 or left out where scheduler.activation is one"),
        "{error}"
    );
}

/// What a trait is set to is read back, and setting what was read changes nothing: experiments rely on both.
#[test]
fn traits_of_every_model_can_be_asked_and_set() {
    for card in Catalogue::default().cards() {
        assert!(!card.traits.is_empty(), "{}", card.name);
        for known in card.traits.iter().filter(|known| known.settable) {
            let value = match known.kind {
                TraitKind::Number { min, max, .. } => Value::Number(min + (max - min) * 0.25),
                TraitKind::Flag => Value::Flag(true),
                TraitKind::Choice(labels) => Value::Text(labels[labels.len() - 1].to_owned()),
            };
            let question =
                |kind| Question { name: "q".to_owned(), text: String::new(), key: known.name.to_owned(), kind };
            let kind = match known.kind {
                TraitKind::Number { .. } => QuestionKind::Number,
                _ => QuestionKind::Choice(Vec::new()),
            };
            let steps = vec![
                Action::UpdateState { key: known.name.to_owned(), value, target: Target::default() },
                Action::Survey { title: String::new(), questions: vec![question(kind)], target: Target::default() },
                Action::Interview { text: String::new(), agents: vec![3] },
                Action::Run { ticks: 1, seconds_per_tick: 60 },
            ];
            let workflow = std::sync::Arc::new(Workflow { steps, ..Workflow::default() });
            let spec =
                RunSpec { workflow: Some(workflow), horizon_ticks: 1, ..spec(card.name, NetworkKind::Gravity, &[]) };
            let report = start(&spec, 2).run().unwrap().experiment.unwrap();
            let StepResult::Survey { questions, .. } = &report.steps[1].result else { panic!() };
            match known.kind {
                TraitKind::Number { min, max, .. } => {
                    let (wanted, found) = (min + (max - min) * 0.25, questions[0].mean.unwrap());
                    assert!((found - wanted).abs() <= 0.003 * (max - min), "{} {}", card.name, known.name);
                }
                _ => assert_eq!(questions[0].counts.last().unwrap().agents, 1_300, "{} {}", card.name, known.name),
            }
            let StepResult::Interview { interviews, .. } = &report.steps[2].result else { panic!() };
            assert!(
                interviews[0].reasons.starts_with("I ") || interviews[0].reasons.starts_with("My "),
                "{interviews:?}"
            );
        }
    }
}
