//! Tests of bundles: were one of these to fail, a script would begin at another tick than its bundle says, or tell of itself
//! under another's name.

use super::*;
use crate::scenario::{Intensity, Precondition, Subject};
use crate::workflow::Comparison;

fn script(name: &str, effects: Vec<Effect>) -> EventScript {
    EventScript { id: format!("id of {name}"), version: 3, name: name.to_owned(), effects }
}

fn pulse(from_tick: u32, ticks: u32) -> Effect {
    let shift = Effect::shift("weather", 0.5);
    Effect { from_tick: Some(from_tick), intensity: Intensity::Pulse { ticks }, ..shift }
}

fn bundle(order: BundleOrder, steps: Vec<(EventScript, u32)>) -> EventBundle {
    let steps = steps.into_iter().map(|(script, offset_ticks)| BundleStep { script, offset_ticks }).collect();
    EventBundle { id: "b".to_owned(), version: 7, order, steps }
}

fn begins(effects: &[Effect]) -> Vec<u32> {
    effects.iter().map(Effect::begins).collect()
}

/// By hand. The first script has effects at 2 and at 0, the longer of which ends at 2 + 3 = 5; the second lasts 4.
#[test]
fn scripts_begin_side_by_side_or_one_after_the_other() {
    let first = script("storm", vec![pulse(2, 3), pulse(0, 1)]);
    let second = script("calm", vec![Effect { until_tick: Some(4), ..Effect::shift("weather", -0.1) }]);
    let steps = vec![(first, 1), (second.clone(), 2), (second, 0)];
    let parallel = bundle(BundleOrder::Parallel, steps.clone()).compile(10).unwrap();
    assert_eq!(begins(&parallel), [13, 11, 12, 10]);
    assert_eq!((parallel[2].until_tick, parallel[0].until_tick), (Some(16), None));
    let sequential = bundle(BundleOrder::Sequential, steps).compile(10).unwrap();
    // 10 + 1; its end at 11 + 5, and 2 more; its end at 18 + 4.
    assert_eq!(begins(&sequential), [13, 11, 18, 22]);
    let cause = sequential[1].cause.clone().unwrap();
    assert_eq!((cause.step, cause.effect, cause.script.as_str(), cause.script_version), (0, 1, "storm", 3));
    let [again, before] = [3, 2].map(|place: usize| sequential[place].cause.clone().unwrap());
    assert!(again.script_id == before.script_id && !again.is_of_one_script(&before), "a script that stands twice");
    assert!(sequential[0].cause.as_ref().unwrap().is_of_one_script(&cause));
}

#[test]
fn nothing_comes_after_what_never_ends() {
    let condition = Precondition {
        subject: Subject::Metric("rate".to_owned()),
        region: None,
        comparison: Comparison::AtLeast,
        value: 0.5,
    };
    let waits = Effect { precondition: Some(condition), ..pulse(0, 2) };
    let fades = Effect { intensity: Intensity::Custom { points: vec![(0, 1.0), (6, 0.0)] }, ..pulse(1, 1) };
    for (effect, ends) in [
        (Effect::shift("weather", 0.1), None),
        (waits.clone(), None),
        (Effect { until_tick: Some(9), ..waits }, Some(9)),
        (Effect { until_tick: Some(3), ..fades.clone() }, Some(3)),
        (fades, Some(7)),
        (Effect { intensity: Intensity::Instantaneous, ..pulse(4, 1) }, Some(5)),
    ] {
        let first = script("first", vec![pulse(0, 1), effect]);
        assert_eq!(first.lasts_ticks(), ends);
        let both = bundle(BundleOrder::Sequential, vec![(first, 0), (script("second", vec![pulse(0, 1)]), 0)]);
        match (both.compile(0), ends) {
            (Ok(effects), Some(end)) => assert_eq!(effects[2].begins(), end),
            (Err(refused), None) => {
                let said = refused.to_string();
                assert!(said.starts_with("scenario_patch.event_bundle_id") && said.contains("\"first\""), "{said}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_bundle_has_no_more_effects_than_a_run() {
    let many = script("many", vec![pulse(0, 1); 100]);
    let steps = |times: usize| vec![(many.clone(), 0); times];
    assert_eq!(bundle(BundleOrder::Parallel, steps(2)).compile(0).unwrap().len(), 200);
    let said = bundle(BundleOrder::Parallel, steps(3)).compile(0).unwrap_err().to_string();
    assert!(said.contains("300 effects in all, and a run has at most 256"), "{said}");
}
