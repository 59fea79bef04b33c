//! What a model may declare, and what its parameters may be: each mistake is refused in words that name it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use civitas_engine::*;

const RIGHT: &[Metric] = &[Metric::share("on", "Agents that are on")];

/// A model that does nothing and declares what it is told to on top of what is right.
macro_rules! declared {
    ($name:literal, { $($declaration:item)* }) => {{
        struct Declared;
        impl Model for Declared {
            type Agent = u8;
            type Published = ();
            type Mail = ();
            const NAME: &'static str = $name;
            const VERSION: &'static str = "1";
            $($declaration)*
            fn new(_: &Parameters) -> Self {
                Self
            }
            fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u8 {
                0
            }
            fn publish(&self, _: &u8) {}
            fn step(&self, _: &mut u8, _: Around<'_, ()>, _: &mut Draws<'_>) {}
        }
        let mut catalogue = Catalogue::default();
        let registered = catalogue.try_register::<Declared>();
        assert_eq!(registered.is_ok(), catalogue.cards().any(|card| card.name == $name));
        registered.map_err(|error| error.to_string())
    }};
}

/// The same, with one metric.
macro_rules! with {
    ($($declaration:item)*) => {
        declared!("mine", { const METRICS: &'static [Metric] = RIGHT; $($declaration)* })
    };
}

#[track_caller]
fn refused(registered: std::result::Result<(), String>, words: &str) {
    let error = registered.unwrap_err();
    assert!(error.contains(words), "{error}");
}

const fn parameter(name: &'static str, range: (f64, f64), default: f64) -> Parameter {
    Parameter::new(name, "1", range, default, "")
}

const fn known(name: &'static str, kind: TraitKind) -> Trait {
    Trait { name, kind, settable: true, memory: true, description: "" }
}

#[test]
fn what_is_right_is_taken() {
    assert_eq!(with! {}, Ok(()));
    let all = with! {
        const PARAMETERS: &'static [Parameter] =
            &[parameter("fixed", (2.0, 2.0), 2.0), Parameter::switch("on", true, ""), Parameter::whole("n_2", "1", (0.0, 9.0), 3.0, "")];
        const SEGMENTS: &'static [&'static str] = &["young", "old"];
        const REPORT: Report = Report { trends: &[("a", 0), ("b", 0)], ..Report::EVERY_METRIC };
    };
    assert_eq!(all, Ok(()));
}

#[test]
fn numbers_of_things_are_bounded() {
    const MANY: &[Metric] = &[Metric::share("on", ""); MAX_METRICS + 1];
    refused(
        declared!("mine", {
            const METRICS: &'static [Metric] = &[];
        }),
        "the model `mine`: METRICS must have 1 to 32 entries, not 0",
    );
    refused(
        declared!("mine", {
            const METRICS: &'static [Metric] = MANY;
        }),
        "1 to 32 entries, not 33",
    );
    refused(with! { const SEGMENTS: &'static [&'static str] = &[]; }, "SEGMENTS must have at least one entry");
}

#[test]
fn names_are_different_and_in_snake_case() {
    const TWICE: &[Metric] = &[Metric::share("on", ""); 2];
    refused(
        declared!("mine", {
            const METRICS: &'static [Metric] = TWICE;
        }),
        "METRICS has the name `on` twice",
    );
    refused(
        declared!("My model", {
            const METRICS: &'static [Metric] = RIGHT;
        }),
        "NAME has the name `My model`, which",
    );
    refused(
        declared!("", {
            const METRICS: &'static [Metric] = RIGHT;
        }),
        "snake_case",
    );
    refused(with! { const SEGMENTS: &'static [&'static str] = &["a", "a"]; }, "SEGMENTS has the name `a` twice");
    refused(with! { const SEGMENTS: &'static [&'static str] = &["1st"]; }, "SEGMENTS has the name `1st`, which");
    refused(
        with! { const PARAMETERS: &'static [Parameter] = &[parameter("p", (0.0, 1.0), 0.0), parameter("p", (0.0, 2.0), 0.0)]; },
        "PARAMETERS has the name `p` twice",
    );
    refused(
        with! { const VARIABLES: &'static [Variable] = &[Variable { name: "v-w", default: 0.5, description: "" }]; },
        "VARIABLES has the name `v-w`, which",
    );
    refused(
        with! { const TRAITS: &'static [Trait] = &[known("t", TraitKind::Flag), known("t", TraitKind::Flag)]; },
        "TRAITS has the name `t` twice",
    );
    refused(
        with! { const EVENTS: &'static [EventKind] = &[EventKind { name: "told", description: "" }; 2]; },
        "EVENTS has the name `told` twice",
    );
    refused(
        with! { const TRAITS: &'static [Trait] = &[known("region", TraitKind::Flag)]; },
        "TRAITS, region has a name",
    );
}

#[test]
fn ranges_hold_their_defaults() {
    for (registered, words) in [
        (
            with! { const PARAMETERS: &'static [Parameter] = &[parameter("p", (1.0, 0.0), 0.5)]; },
            "has the range 1 to 0",
        ),
        (with! { const PARAMETERS: &'static [Parameter] = &[parameter("p", (0.0, f64::INFINITY), 0.5)]; }, "no end"),
        (
            with! { const PARAMETERS: &'static [Parameter] = &[parameter("p", (0.0, 1.0), 1.5)]; },
            "PARAMETERS, p, its default must be between 0 and 1, not 1.5",
        ),
        (with! { const PARAMETERS: &'static [Parameter] = &[parameter("p", (0.0, 1.0), f64::NAN)]; }, "not NaN"),
        (
            with! { const PARAMETERS: &'static [Parameter] = &[Parameter::whole("p", "1", (0.0, 9.0), 0.5, "")]; },
            "must be a whole number between 0 and 9, not 0.5",
        ),
        (
            with! { const VARIABLES: &'static [Variable] = &[Variable { name: "v", default: 1.5, description: "" }]; },
            "VARIABLES, v has the default 1.5",
        ),
        (
            with! {
                const TRAITS: &'static [Trait] = &[known("t", TraitKind::Number { unit: "1", min: 1.0, max: f64::NAN })];
            },
            "TRAITS, t has the range 1 to NaN",
        ),
        (with! { const TRAITS: &'static [Trait] = &[known("t", TraitKind::Choice(&[]))]; }, "t has no labels"),
        (with! { const TRAITS: &'static [Trait] = &[known("t", TraitKind::Choice(&["a", "a"]))]; }, "a label twice"),
    ] {
        refused(registered, words);
    }
}

#[test]
fn reports_name_metrics_that_there_are() {
    for (registered, words) in [
        (
            with! { const REPORT: Report = Report { summary: &[("a", 1, Summary::Final)], ..Report::EVERY_METRIC }; },
            "REPORT.summary names metric 1; there are 1, counted from 0 in METRICS",
        ),
        (
            with! { const REPORT: Report = Report { distribution: &[("a", 7)], ..Report::EVERY_METRIC }; },
            "REPORT.distribution names metric 7",
        ),
        (
            with! { const REPORT: Report = Report { trends: &[("a", 1)], ..Report::EVERY_METRIC }; },
            "REPORT.trends names",
        ),
        (
            with! { const REPORT: Report = Report { trends: &[("a", 0), ("a", 0)], ..Report::EVERY_METRIC }; },
            "REPORT.trends has the name `a` twice",
        ),
        (
            with! { const REPORT: Report = Report { milestones: &[(1, 0.5, "half")], ..Report::EVERY_METRIC }; },
            "REPORT.milestones names metric 1",
        ),
        (
            with! { const REPORT: Report = Report { milestones: &[(0, f64::NAN, "half")], ..Report::EVERY_METRIC }; },
            "REPORT.milestones has the level NaN",
        ),
        (
            with! { const REPORT: Report = Report { swings: &[(2, "up")], ..Report::EVERY_METRIC }; },
            "REPORT.swings names",
        ),
        (
            with! { const REPORT: Report = Report { headline: 1, ..Report::EVERY_METRIC }; },
            "REPORT.headline names metric 1",
        ),
    ] {
        refused(registered, words);
    }
}

#[test]
#[should_panic(expected = "the model `mine`: SEGMENTS must have at least one entry")]
fn registering_without_asking_panics_in_the_same_words() {
    struct Mine;
    impl Model for Mine {
        type Agent = u8;
        type Published = ();
        type Mail = ();
        const NAME: &'static str = "mine";
        const VERSION: &'static str = "1";
        const METRICS: &'static [Metric] = RIGHT;
        const SEGMENTS: &'static [&'static str] = &[];
        fn new(_: &Parameters) -> Self {
            Self
        }
        fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u8 {
            0
        }
        fn publish(&self, _: &u8) {}
        fn step(&self, _: &mut u8, _: Around<'_, ()>, _: &mut Draws<'_>) {}
    }
    Catalogue::default().register::<Mine>();
}

/// What a model answers to these parameters.
fn given(model: &str, parameters: &[(&str, f64)]) -> std::result::Result<(), String> {
    let given: BTreeMap<_, _> = parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    Catalogue::default().model(model, &given).map(drop).map_err(|error| error.to_string())
}

#[test]
fn switches_are_on_or_off() {
    for (model, name) in [
        ("threshold", "by_number"),
        ("bounded_confidence", "rule"),
        ("bounded_confidence", "spaced"),
        ("degroot", "spaced"),
    ] {
        assert_eq!(given(model, &[(name, 0.0)]), Ok(()));
        assert_eq!(given(model, &[(name, 1.0)]), Ok(()));
        refused(given(model, &[(name, 0.5)]), &format!("parameters.{name} must be 0 or 1, not 0.5"));
        refused(given(model, &[(name, 2.0)]), &format!("parameters.{name} must be between 0 and 1, not 2"));
        refused(given(model, &[(name, f64::NAN)]), &format!("parameters.{name} must be 0 or 1, not NaN"));
    }
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    refused(given("threshold", &[("ladder", 1.0)]), "parameters.ladder must be 0 where by_number is 0");
    assert_eq!(given("threshold", &[("ladder", 1.0), ("by_number", 1.0)]), Ok(()));
    for incubation in [0.0, 1.0, 2.5] {
        assert_eq!(given("epidemic", &[("incubation", incubation)]), Ok(()));
    }
    refused(given("epidemic", &[("incubation", 0.5)]), "parameters.incubation must be 0 or at least 1, not 0.5");
}
