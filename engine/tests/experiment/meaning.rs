//! What users mean is what is done: labels stand for values, numbers are found as they were set, impacts are whole.

use civitas_engine::*;

use super::{ids, of_steps, outcome, question, report, run, survey, surveyed, update, when};

#[test]
fn choices_are_bound_to_values_and_not_to_places() {
    let ask = |key: &str, choices: Vec<Choice>| Action::Survey {
        title: String::new(),
        questions: vec![question("q", key, QuestionKind::Choice(choices))],
        target: Target::default(),
    };
    let said = |label: &str, value: Value| Choice { label: label.to_owned(), value: Some(value) };
    let steps = vec![
        update("adopted", Value::Flag(true), ids(0..30)),
        update("opinion", Value::Number(0.9), ids(0..20)),
        update("opinion", Value::Number(-0.9), ids(20..100)),
        ask("adopted", ["Yes", "No"].map(Choice::from).to_vec()),
        ask("adopted", vec![said("I have it", Value::Flag(true)), said("not yet", Value::Flag(false))]),
        ask("stance", ["supporter", "Neutral", "skeptic"].map(Choice::from).to_vec()),
        run(1),
    ];
    let report = report(&of_steps(100, steps));
    let counts = |step: usize| {
        let counts = &surveyed(&report, step)[0].counts;
        counts.iter().map(|count| (count.answer.as_str(), count.agents)).collect::<Vec<_>>()
    };
    assert_eq!(counts(3), [("Yes", 30), ("No", 70)]);
    assert_eq!(counts(4), [("I have it", 30), ("not yet", 70)]);
    assert_eq!(counts(5), [("supporter", 20), ("Neutral", 0), ("skeptic", 80)]);
    for wrong in [
        vec!["maybe".into(), "no".into()],
        vec!["yes".into(), "Yes".into()],
        vec!["a".into(), "a".into()],
        vec!["yes".into(), "no".into(), "perhaps".into()],
    ] {
        let spec = of_steps(10, vec![ask("adopted", wrong), run(1)]);
        let error = World::check(&spec, &Catalogue::default()).unwrap_err().to_string();
        assert!(error.starts_with("workflow.steps[0].survey.questions[0].choices"), "{error}");
    }
}

#[test]
fn what_was_set_is_found_again() {
    for (key, values) in [("opinion", [0.7, 0.8, -0.9, 1.0]), ("threshold", [0.2, 0.5, 0.7, 0.1])] {
        for value in values {
            let mut steps = vec![update(key, Value::Number(value), Target::default())];
            for comparison in [Comparison::Equal, Comparison::AtLeast, Comparison::AtMost, Comparison::Less] {
                steps.push(survey(when(key, comparison, Value::Number(value))));
            }
            steps.push(run(1));
            let report = report(&of_steps(60, steps));
            let asked = [1, 2, 3, 4].map(|step| surveyed(&report, step)[0].answers);
            assert_eq!(asked, [60, 60, 60, 0], "{key} {value}");
        }
    }
}

#[test]
fn the_impact_of_an_intervention_holds_what_it_did_at_once() {
    let steps = vec![run(15), update("adopted", Value::Flag(true), ids(0..600)), run(20)];
    let outcome = outcome(&of_steps(1_000, steps));
    let events = &outcome.key_events;
    let event = events.iter().find(|event| event.r#type == "intervention").unwrap();
    assert!(event.tick == 15 && event.impact > 0.55, "{event:?}");
    let surges: Vec<_> = events.iter().filter(|event| event.r#type == "adoption_surge").collect();
    assert!(surges.iter().all(|surge| surge.tick != 15 && surge.impact < 0.2), "{surges:?}");
}
