//! Any effects on the environment: those that the random runs of this test have. Besides, that they are not idle: were this to
//! fail, the others would prove nothing of effects.

use civitas_engine::*;
use proptest::prelude::*;

use super::start;

fn any_intensity() -> impl Strategy<Value = Intensity> {
    prop_oneof![
        Just(Intensity::Step),
        Just(Intensity::Instantaneous),
        (1u32..4).prop_map(|ticks| Intensity::Pulse { ticks }),
        (1u32..5).prop_map(|ticks| Intensity::LinearDecay { ticks }),
        (0.5..4.0f64).prop_map(|half_life_ticks| Intensity::ExponentialDecay { half_life_ticks }),
        (0u32..3, 0u32..3).prop_map(|(lag_ticks, rise_ticks)| Intensity::Lagged { lag_ticks, rise_ticks }),
        (0.0..1.0f64).prop_map(|middle| Intensity::Custom { points: vec![(0, 1.0), (2, middle), (5, 0.0)] }),
    ]
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let regions = prop::sample::subsequence(vec!["CA", "TX", "NY", "FL"], 1..4);
    let segments = prop::sample::subsequence(vec!["one", "two", "three"], 1..3);
    let named = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    (prop::option::of(regions), prop::option::weighted(0.4, segments))
        .prop_map(move |(regions, segments)| Scope { regions: regions.map(named), segments: segments.map(named) })
}

/// One that holds at once, never, or in some ticks.
fn any_precondition() -> impl Strategy<Value = Precondition> {
    let subject = prop_oneof![
        Just(Subject::Metric("low".to_owned())),
        Just(Subject::Metric("high".to_owned())),
        Just(Subject::Variable("weather".to_owned())),
    ];
    let region = prop::option::of(Just("CA".to_owned()));
    let comparison = prop::sample::select(vec![Comparison::Less, Comparison::AtLeast, Comparison::NotEqual]);
    (subject, region, comparison, 0.4..0.6f64).prop_map(|(subject, region, comparison, value)| Precondition {
        subject,
        region,
        comparison,
        value,
    })
}

fn any_effect(from_tick: Option<u32>) -> impl Strategy<Value = Effect> {
    let what = (prop::sample::select(Operation::ALL.to_vec()), 0.0..1.0f64, any_scope(), any_intensity());
    let when = (prop::option::of(1u32..6), prop::option::of(any_precondition()), prop::option::of(0u32..2));
    (what, when).prop_map(move |((operation, value, scope, intensity), (lasts, precondition, cause))| Effect {
        operation,
        value,
        scope,
        from_tick,
        // Of a fork the first tick is not known here.
        until_tick: lasts.and_then(|lasts| Some(from_tick? + lasts)),
        intensity,
        precondition,
        cause: cause.map(|step| Cause {
            bundle: "bundle".to_owned(),
            step,
            script_id: String::new(),
            script_version: 1,
            script: format!("script {step}"),
            effect: 0,
        }),
        ..Effect::shift("weather", 0.0)
    })
}

/// Of a run of so many ticks: none in half of all cases.
pub(super) fn any_effects(ticks: u32) -> impl Strategy<Value = Vec<Effect>> {
    let effects = prop::collection::vec((0..ticks).prop_flat_map(|tick| any_effect(Some(tick))), 1..6);
    prop::option::of(effects).prop_map(Option::unwrap_or_default)
}

/// What a turn may add, beginning with it.
pub(super) fn any_new_effects() -> impl Strategy<Value = Vec<Effect>> {
    prop::collection::vec(any_effect(None), 0..3)
}

#[test]
fn effects_for_some_change_what_those_do_and_are_told_of() {
    let plain = RunSpec {
        model: "whim".to_owned(),
        parameters: [("genome".to_owned(), 3.0), ("letters".to_owned(), 0.0)].into(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 600 },
        horizon_ticks: 4,
        ..RunSpec::default()
    };
    let scope = Scope { regions: Some(vec!["CA".to_owned()]), segments: Some(vec!["two".to_owned()]) };
    let effect = Effect { scope, from_tick: Some(2), ..Effect::shift("weather", 0.3) };
    let changed = RunSpec { effects: vec![effect], ..plain.clone() };
    let (mut one, mut other) = (start(&plain, 3), start(&changed, 3));
    for tick in 0..3 {
        let parted: Vec<_> = (0..600).filter(|&id| one.agent(id) != other.agent(id)).collect();
        assert_eq!(parted, [] as [u32; 0], "before tick 3, at {tick}");
        one.step(100).unwrap();
        other.step(7).unwrap();
    }
    let about: Vec<_> = (0..600).map(|id| one.agent(id).unwrap()).filter(|a| (a.region, a.segment) == (4, 1)).collect();
    let parted: Vec<_> = (0..600).filter(|&id| one.agent(id) != other.agent(id)).collect();
    assert_eq!(
        parted,
        about.iter().map(|agent| agent.id).collect::<Vec<_>>(),
        "those that the effect is for, and no others"
    );
    let told = other.outcome().key_events.into_iter().find(|event| event.r#type == "intervention").unwrap();
    assert_eq!((told.tick, told.affected_agents), (2, Some(about.len() as u64)), "{told:?}");
    assert!(told.description.starts_with("weather shifted by +0.3 in CA for two; "), "{told:?}");
}
