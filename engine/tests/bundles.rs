//! Attribution: were one of these to fail, the impact of a bundle would be something else than the difference from the same run
//! without it, or would depend on how the run was executed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use civitas_engine::*;

fn script(name: &str, effects: Vec<Effect>) -> EventScript {
    EventScript { id: name.to_owned(), version: 1, name: name.to_owned(), effects }
}

fn bundle() -> EventBundle {
    let shock = Effect {
        scope: Scope { regions: Some(vec!["TX".to_owned()]), segments: None },
        intensity: Intensity::Pulse { ticks: 6 },
        ..Effect::shift("price_sensitivity", 0.4)
    };
    let campaign = Effect {
        operation: Operation::Max,
        scope: Scope { regions: None, segments: Some(vec!["laggards".to_owned()]) },
        ..Effect::shift("media_sentiment", 0.9)
    };
    let steps = [("Shock", shock, 5), ("Campaign", campaign, 2)];
    let steps =
        steps.map(|(name, effect, offset_ticks)| BundleStep { script: script(name, vec![effect]), offset_ticks });
    EventBundle { id: "b".to_owned(), version: 1, order: BundleOrder::Sequential, steps: steps.into() }
}

/// A run with an effect of its own beside the bundle.
fn spec(attribution: bool) -> RunSpec {
    let bundle = bundle();
    let own = Effect { from_tick: Some(8), ..Effect::shift("social_trust", -0.1) };
    let effects = [own].into_iter().chain(bundle.compile(0).unwrap()).collect();
    RunSpec {
        horizon_ticks: 24,
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 5_000 },
        effects,
        bundle: Some(AppliedBundle { id: bundle.id, version: 1, attribution }),
        ..RunSpec::default()
    }
}

fn outcome(spec: RunSpec, partitions: usize) -> Outcome {
    Simulation::new(spec, &Catalogue::default(), partitions).unwrap().run().unwrap()
}

fn events(outcome: &Outcome) -> Vec<&KeyEvent> {
    outcome.key_events.iter().filter(|event| event.r#type == "scenario_event").collect()
}

#[test]
fn attribution_is_the_difference_from_the_same_run_without_the_bundle() {
    let with = outcome(spec(true), 1);
    let alone = RunSpec { bundle: None, effects: vec![spec(true).effects[0].clone()], ..spec(true) };
    assert_eq!(spec(true).twin().unwrap(), alone);
    let without = outcome(alone, 1);
    let rate = |outcome: &Outcome| outcome.outcome_summary.values["adoption_rate"];
    let told = events(&with);
    let named: Vec<_> = told.iter().map(|event| (event.tick, event.name.as_deref().unwrap())).collect();
    assert_eq!(named, [(5, "Shock"), (13, "Campaign")], "the shock ends at 5 + 6, and two ticks pass");
    for event in told {
        assert_eq!(event.impact, rate(&with) - rate(&without), "of the whole bundle");
        assert!(event.impact != 0.0 && event.impact_basis == Some("attribution"), "{event:?}");
        assert!(event.description.contains("at tick 24 against the same run without its bundle"), "{event:?}");
        assert!(event.affected_agents.is_some_and(|agents| agents > 0 && agents < 5_000), "{event:?}");
    }
    // Nothing else than the impact is another, but for the fingerprint.
    let plain = outcome(spec(false), 1);
    assert_eq!((&plain.trends, &plain.state_digest), (&with.trends, &with.state_digest));
    let windows = events(&plain);
    assert!(windows.iter().all(|event| event.impact_basis == Some("window")), "{windows:?}");
    assert!(windows[0].description.contains("in 10 ticks"), "{windows:?}");
    let world = |spec| World::new(spec, &Catalogue::default()).unwrap();
    assert_ne!(world(spec(true)).fingerprint(), world(spec(false)).fingerprint());
    assert!(world(spec(false)).twin().unwrap().is_none());
}

#[test]
fn attribution_is_the_same_however_the_run_is_executed() {
    let wanted = outcome(spec(true), 1).canonical_json();
    assert!(outcome(spec(true), 5).canonical_json() == wanted);
    for tick in [3, 12, 24] {
        let catalogue = Catalogue::default();
        let mut first = Simulation::new(spec(true), &catalogue, 2).unwrap();
        while first.tick() < tick {
            first.step(usize::MAX).unwrap();
        }
        let mut resumed = Simulation::resume(spec(true), &catalogue, 3, first.save()).unwrap();
        assert!(resumed.run().unwrap().canonical_json() == wanted, "resumed at tick {tick}");
    }
}

#[test]
fn a_fork_has_its_parents_bundle_until_it_brings_its_own() {
    let parent = spec(true);
    assert_eq!(parent.turned(10, Turn::default()), parent);
    let other = EventBundle { id: "c".to_owned(), ..bundle() };
    let effects = other.compile(10).unwrap();
    let applied = AppliedBundle { id: "c".to_owned(), version: 1, attribution: true };
    let child = parent.turned(10, Turn { effects, bundle: Some(applied), ..Turn::default() });
    assert!(child.continues(&parent, 10));
    assert_eq!(child.twin().unwrap().effects, parent.effects, "the difference is that of its own bundle");
    let short = parent.turned(4, Turn { horizon_ticks: Some(5), ..Turn::default() });
    assert_eq!(short.attributed(), None, "nothing of the bundle is left");
}

#[test]
fn a_bundle_that_is_applied_again_is_told_of_again() {
    let twice = |name: &str, effects: [Effect; 2]| script(name, effects.into());
    let pulse = |from_tick| Effect {
        from_tick: Some(from_tick),
        intensity: Intensity::Pulse { ticks: 2 },
        ..Effect::shift("social_trust", 0.2)
    };
    // A script of two effects that stands in its bundle twice: a child applies it again, and once more after a change.
    let storm = twice("Storm", [pulse(0), pulse(3)]);
    let steps = [0, 1].map(|offset_ticks| BundleStep { script: storm.clone(), offset_ticks });
    let bundle = EventBundle { steps: steps.into(), ..bundle() };
    let bundle = EventBundle { order: BundleOrder::Parallel, ..bundle };
    let mut changed = bundle.clone();
    changed.steps.iter_mut().for_each(|step| step.script.version = 2);
    let effects = [(&bundle, 0), (&bundle, 10), (&changed, 14)];
    let effects = effects.iter().flat_map(|(bundle, tick)| bundle.compile(*tick).unwrap()).collect();
    let found = outcome(RunSpec { effects, bundle: None, ..spec(false) }, 2);
    let ticks: Vec<u32> = events(&found).iter().map(|event| event.tick).collect();
    assert_eq!(ticks, [0, 1, 10, 11, 14, 15]);
    let sentences = |event: &KeyEvent| event.description.matches("social_trust shifted").count();
    assert!(events(&found).iter().all(|event| sentences(event) == 2), "both effects of the script, and no others");
}

#[test]
fn what_a_script_cannot_do_names_script_and_effect() {
    let refused = |change: fn(&mut Effect)| {
        let mut spec = spec(false);
        change(&mut spec.effects[2]);
        World::check(&spec, &Catalogue::default()).unwrap_err().to_string()
    };
    let at = "scenario_patch.event_bundle_id: script \"Campaign\": effects[0] (media_sentiment)";
    let said = refused(|effect| effect.from_tick = Some(24));
    assert_eq!(said, format!("{at}.from_tick must be below the horizon, 24, not 24"));
    let said = refused(|effect| effect.value = 1.5);
    assert_eq!(said, format!("{at}.value must be between 0 and 1, not 1.5"));
    let said = refused(|effect| effect.scope.segments = Some(vec!["nobody".to_owned()]));
    assert!(said.starts_with(&format!("{at}.segments name no segment `nobody`")), "{said}");
    let said = refused(|effect| effect.variable = "luck".to_owned());
    let start = "scenario_patch.event_bundle_id: script \"Campaign\": effects[0] (luck): unknown variable `luck`";
    assert!(said.starts_with(start), "{said}");
}
