//! One experiment, one answer: over random workflows, groups, partitions, batch sizes and resumptions.

use std::collections::BTreeMap;

use civitas_engine::*;
use proptest::prelude::*;

use super::{extractor, ids, message, run, spec, survey, update, when};

fn any_action() -> impl Strategy<Value = Action> {
    let target = prop_oneof![
        Just(Target::default()),
        prop::collection::vec(0u32..50, 1..20).prop_map(ids),
        (-0.5..0.5f64).prop_map(|value| when("opinion", Comparison::AtMost, Value::Number(value))),
        Just(when("adopted", Comparison::Equal, Value::Flag(true))),
    ];
    prop_oneof![
        (1u32..6).prop_map(run),
        (-1.0..1.0f64, target.clone()).prop_map(|(value, target)| update("opinion", Value::Number(value), target)),
        (0.0..1.0f64, target.clone()).prop_map(|(value, target)| update(
            "susceptibility",
            Value::Number(value),
            target
        )),
        (-1.0..1.0f64, target.clone()).prop_map(|(stance, target)| message(stance, target)),
        (0.0..1.0f64).prop_map(|value| Action::Environment { key: "social_trust".to_owned(), value, regions: vec![] }),
        target.clone().prop_map(survey),
        prop::collection::vec(0u32..50, 1..5).prop_map(|agents| Action::Interview { text: String::new(), agents }),
        Just(Action::NextRound),
        (1u32..4).prop_map(|every| Action::Extract(extractor("x", "opinion", Method::Mean, every))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn partitions_batches_and_resumptions_never_show(
        steps in prop::collection::vec(any_action(), 1..14),
        (agents, first, other) in (50u32..1_500, 1usize..12, 1usize..12),
        batch in 1usize..2_000, cut in any::<prop::sample::Index>(), split in 1u32..49,
    ) {
        let mut steps: Vec<_> = steps.into_iter().chain([run(3)]).collect();
        for (place, step) in steps.iter_mut().enumerate() {
            if let Action::Extract(extractor) = step {
                extractor.name = place.to_string();
            }
        }
        let groups = [split, agents - split].map(|number| Group {
            agent_class: "x".to_owned(),
            number,
            traits: BTreeMap::from([("opinion".to_owned(), Distribution::UniformFloat { min: -0.5, max: f64::from(split) / 50.0 })]),
        });
        let spec = spec(agents, Workflow { steps, groups: groups.to_vec(), ..Workflow::default() });
        let mut undisturbed = Simulation::new(spec.clone(), &Catalogue::default(), 1).unwrap();
        let whole = undisturbed.run().unwrap().canonical_json();
        let cut = cut.index(spec.horizon_ticks as usize + 1);
        let mut simulation = Simulation::new(spec.clone(), &Catalogue::default(), first).unwrap();
        for _ in 0..cut {
            simulation.step(batch).unwrap();
        }
        let digest = simulation.digest();
        let mut resumed = Simulation::resume(spec, &Catalogue::default(), other, simulation.save()).unwrap();
        prop_assert_eq!(resumed.digest(), digest);
        prop_assert_eq!(String::from_utf8(resumed.run().unwrap().canonical_json()), String::from_utf8(whole));
        prop_assert_eq!(resumed.digests(), undisturbed.digests());
    }

    #[test]
    fn a_workflow_comes_back_from_its_bytes(steps in prop::collection::vec(any_action(), 0..20)) {
        let workflow = Workflow { steps, ..Workflow::default() };
        prop_assert_eq!(Workflow::from_bytes(&workflow.to_bytes()).unwrap(), workflow);
    }
}

#[test]
fn other_bytes_are_no_workflow() {
    for bytes in [&b""[..], b"{}", &[9, 0, 0, 0, b'{', b'}'], &[1, 0, 0, 0, b'{', b'}']] {
        assert!(matches!(Workflow::from_bytes(bytes), Err(EngineError::State(_))), "{bytes:?}");
    }
}
