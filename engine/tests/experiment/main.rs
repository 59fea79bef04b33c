//! Experiments: every step does what it says, visibly, and one specification has one answer however the run is split,
//! stopped and resumed.

#![allow(clippy::unwrap_used)]

mod invariance;
mod meaning;

use std::collections::BTreeMap;
use std::sync::Arc;

use civitas_engine::*;

const TICK_S: u32 = 3_600;

fn run(ticks: u32) -> Action {
    Action::Run { ticks, seconds_per_tick: TICK_S }
}

fn ids(ids: impl IntoIterator<Item = u32>) -> Target {
    Target { ids: Some(ids.into_iter().collect()), ..Target::default() }
}

fn when(key: &str, comparison: Comparison, value: Value) -> Target {
    let condition = Condition { key: key.to_owned(), comparison, value };
    Target { conditions: vec![condition], ..Target::default() }
}

fn update(key: &str, value: Value, target: Target) -> Action {
    Action::UpdateState { key: key.to_owned(), value, target }
}

fn message(stance: f64, target: Target) -> Action {
    Action::Message { text: "Try it!".to_owned(), stance, strength: 1.0, target }
}

fn question(name: &str, key: &str, kind: QuestionKind) -> Question {
    Question { name: name.to_owned(), text: format!("{name}?"), key: key.to_owned(), kind }
}

fn survey(target: Target) -> Action {
    let labels = ["against", "undecided", "for"].map(Choice::from).to_vec();
    let questions = vec![
        question("adopted", "adopted", QuestionKind::Choice(Vec::new())),
        question("side", "opinion", QuestionKind::Choice(labels)),
        question("stars", "opinion", QuestionKind::Rating { min: 1, max: 5 }),
        question("opinion", "opinion", QuestionKind::Number),
    ];
    Action::Survey { title: "How is it?".to_owned(), questions, target }
}

fn extractor(name: &str, key: &str, method: Method, every_ticks: u32) -> Extractor {
    Extractor { name: name.to_owned(), key: key.to_owned(), method, every_ticks, target: Target::default() }
}

fn spec(agents: u32, workflow: Workflow) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    let horizon_ticks = workflow.ticks();
    RunSpec { population, horizon_ticks, seed: 5, workflow: Some(Arc::new(workflow)), ..RunSpec::default() }
}

fn of_steps(agents: u32, steps: Vec<Action>) -> RunSpec {
    spec(agents, Workflow { steps, ..Workflow::default() })
}

fn outcome(spec: &RunSpec) -> Outcome {
    Simulation::new(spec.clone(), &Catalogue::default(), 1).unwrap().run().unwrap()
}

fn report(spec: &RunSpec) -> ExperimentReport {
    outcome(spec).experiment.unwrap()
}

fn surveyed(report: &ExperimentReport, step: usize) -> &[QuestionReport] {
    match &report.steps[step].result {
        StepResult::Survey { questions, .. } => questions,
        other => panic!("{other:?}"),
    }
}

/// The mean of the question `opinion`.
fn mean_opinion(report: &ExperimentReport, step: usize) -> f64 {
    surveyed(report, step)[3].mean.unwrap()
}

fn share_adopted(report: &ExperimentReport, step: usize) -> f64 {
    surveyed(report, step)[0].counts[1].share
}

#[test]
fn a_workflow_that_only_runs_gives_the_numbers_of_a_plain_run() {
    let with = outcome(&of_steps(1_500, vec![run(30), run(10)]));
    let plain = outcome(&RunSpec { workflow: None, ..of_steps(1_500, vec![run(40)]) });
    assert_eq!(with.state_digest, plain.state_digest);
    assert_eq!(with.trends, plain.trends);
    assert_eq!(Outcome { experiment: None, ..with }.canonical_json(), plain.canonical_json());
}

#[test]
fn answers_add_up_to_the_agents_that_were_asked() {
    let everybody = Target::default();
    let report = report(&of_steps(3_000, vec![run(20), survey(everybody), survey(ids([0, 5, 2_999, 5])), run(1)]));
    for (step, agents) in [(1, 3_000), (2, 3)] {
        for question in surveyed(&report, step) {
            assert_eq!(question.answers, agents, "{}", question.name);
            if question.r#type != "number" {
                assert_eq!(question.counts.iter().map(|count| count.agents).sum::<u64>(), agents);
                assert!((question.counts.iter().map(|count| count.share).sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }
    let labels = |question: &QuestionReport| question.counts.iter().map(|c| c.answer.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&surveyed(&report, 1)[0]), ["no", "yes"]);
    assert_eq!(labels(&surveyed(&report, 1)[1]), ["against", "undecided", "for"]);
    assert_eq!(labels(&surveyed(&report, 1)[2]), ["1", "2", "3", "4", "5"]);
    let stars = &surveyed(&report, 1)[2];
    let counted: f64 = stars.counts.iter().zip(1..).map(|(count, star)| count.agents as f64 * f64::from(star)).sum();
    assert!((stars.mean.unwrap() - counted / 3_000.0).abs() < 1e-9);
}

#[test]
fn a_survey_agrees_with_the_trends_of_its_tick() {
    let outcome = outcome(&of_steps(2_000, vec![run(24), survey(Target::default())]));
    let report = outcome.experiment.as_ref().unwrap();
    let last = |metric| outcome.trends[metric].last().unwrap().value;
    assert!((mean_opinion(report, 1) - last("sentiment")).abs() < 1e-4);
    assert!((share_adopted(report, 1) - last("adoption_rate")).abs() < 1e-12);
}

#[test]
fn state_that_is_set_shows_at_once_and_afterwards() {
    let third = || ids((0..2_000).filter(|id| id % 3 == 0));
    let steps = |set: bool| {
        let mut steps = vec![survey(third()), run(30), survey(Target::default())];
        if set {
            steps.insert(0, update("opinion", Value::Number(0.75), third()));
            steps.insert(1, update("adopted", Value::Flag(true), third()));
        }
        steps
    };
    let (with, without) = (report(&of_steps(2_000, steps(true))), report(&of_steps(2_000, steps(false))));
    assert_eq!(mean_opinion(&with, 2), 0.75);
    assert_eq!(share_adopted(&with, 2), 1.0);
    assert!(mean_opinion(&without, 0) < 0.1 && share_adopted(&without, 0) == 0.0);
    assert!(mean_opinion(&with, 4) > mean_opinion(&without, 2) + 0.05, "others hear of it");
    assert!(share_adopted(&with, 4) > share_adopted(&without, 2) + 0.2);
    let StepResult::UpdateState { agents, changed, .. } = with.steps[1].result else { panic!() };
    assert_eq!((agents, changed), (667, 667));
}

#[test]
fn the_order_of_steps_within_a_tick_is_the_workflows() {
    let steps = vec![
        survey(Target::default()),
        update("opinion", Value::Number(-0.5), Target::default()),
        survey(Target::default()),
        update("opinion", Value::Number(0.5), Target::default()),
        survey(Target::default()),
        run(1),
    ];
    let report = report(&of_steps(300, steps));
    assert_eq!((mean_opinion(&report, 2), mean_opinion(&report, 4)), (-0.5, 0.5));
    assert!(mean_opinion(&report, 0).abs() < 0.2);
}

#[test]
fn conditions_choose_agents_by_what_they_are_at_that_moment() {
    let above = || when("opinion", Comparison::Greater, Value::Number(0.2));
    let steps = vec![
        run(5),
        survey(above()),
        update("opinion", Value::Number(0.0), above()),
        survey(above()),
        survey(when("region", Comparison::Equal, Value::Text("CA".to_owned()))),
        survey(when("segment", Comparison::NotEqual, Value::Text("laggards".to_owned()))),
        survey(when("stance", Comparison::Equal, Value::Text("supporter".to_owned()))),
        survey(when("id", Comparison::Less, Value::Number(10.0))),
    ];
    let spec = of_steps(2_000, steps);
    let report = report(&spec);
    let asked = |step| surveyed(&report, step)[0].answers;
    assert!(asked(1) > 100 && surveyed(&report, 1)[3].min.unwrap() > 0.2);
    assert_eq!((asked(3), asked(6), asked(7)), (0, 0, 10));
    assert_eq!(surveyed(&report, 3)[3].mean, None, "nobody has no mean");
    // California has 11.9 % of the population, laggards are 16 %.
    assert!((210..=265).contains(&asked(4)), "{}", asked(4));
    assert!((1_600..=1_760).contains(&asked(5)), "{}", asked(5));
}

#[test]
fn a_message_moves_those_who_hear_it() {
    let half = || ids(0..500);
    let steps = |said: bool| {
        let mut steps = vec![run(5), survey(half()), survey(ids(500..1_000)), run(5), survey(half())];
        if said {
            steps.insert(1, message(0.9, half()));
        }
        steps
    };
    let (with, without) = (report(&of_steps(1_000, steps(true))), report(&of_steps(1_000, steps(false))));
    assert!(mean_opinion(&with, 2) > mean_opinion(&without, 1) + 0.4);
    assert_eq!(mean_opinion(&with, 3), mean_opinion(&without, 2), "the others did not hear it");
    assert!(mean_opinion(&with, 5) > mean_opinion(&without, 4) + 0.1, "it lasts");
    let StepResult::Message { agents, .. } = with.steps[1].result else { panic!() };
    assert_eq!(agents, 500);
}

#[test]
fn the_environment_changes_from_its_step_on_where_it_is_said() {
    let boom = |regions: Vec<String>| Action::Environment { key: "economy_confidence".to_owned(), value: 1.0, regions };
    let of = |steps| outcome(&of_steps(4_000, steps));
    let none = of(vec![run(20), run(30)]);
    let all = of(vec![run(20), boom(Vec::new()), run(30)]);
    let texas = of(vec![run(20), boom(vec!["TX".to_owned()]), run(30)]);
    let at = |outcome: &Outcome, tick: u32| {
        outcome.trends["adoption_rate"].iter().rfind(|point| point.tick <= tick).unwrap().value
    };
    assert_eq!(at(&all, 20), at(&none, 20), "nothing before it");
    assert!(at(&all, 50) > at(&none, 50) + 0.05);
    let rate =
        |outcome: &Outcome, region: &str| outcome.trends_by_region[region]["adoption_rate"].last().unwrap().value;
    assert!(rate(&texas, "TX") > rate(&none, "TX") + 0.05);
    let all_events = all.key_events;
    let StepResult::Environment { before, value, regions, .. } = all.experiment.unwrap().steps[1].result else {
        panic!()
    };
    assert_eq!((before, value, regions), (0.5, 1.0, 51));
    let event = all_events.iter().find(|event| event.r#type == "intervention").unwrap();
    assert_eq!(event.tick, 20);
    assert!(event.description.starts_with("economy_confidence set from 0.5 to 1; adoption_rate +"), "{event:?}");
    let start = Workflow {
        environment: BTreeMap::from([("economy_confidence".to_owned(), 1.0)]),
        steps: vec![run(20)],
        ..Workflow::default()
    };
    assert!(at(&outcome(&spec(4_000, start)), 20) > at(&none, 20) + 0.005);
}

#[test]
fn a_new_round_keeps_memory_and_forgets_the_rest() {
    let steps = vec![
        update("threshold", Value::Number(0.1), ids(0..100)),
        run(60),
        survey(Target::default()),
        Action::NextRound,
        survey(Target::default()),
        Action::Survey {
            title: String::new(),
            questions: vec![question("t", "threshold", QuestionKind::Number)],
            target: ids(0..100),
        },
        run(10),
        survey(Target::default()),
    ];
    let report = report(&of_steps(1_000, steps));
    let before = share_adopted(&report, 2);
    assert!(before > 0.1, "{before}");
    assert_eq!(share_adopted(&report, 4), 0.0);
    assert_eq!(mean_opinion(&report, 4), mean_opinion(&report, 2), "opinions are memory");
    assert!((surveyed(&report, 5)[0].max.unwrap() - 0.1).abs() < 0.005, "and so is what was set");
    assert!(share_adopted(&report, 7) > 0.0, "the round goes on");
    let StepResult::NextRound { agents, changed } = report.steps[3].result else { panic!() };
    assert_eq!((agents, changed), (1_000, (before * 1_000.0).round() as u64));
}

#[test]
fn an_interview_states_what_the_agent_is_and_why() {
    let ask = || Action::Interview { text: "Why?".to_owned(), agents: vec![7, 3] };
    let report = report(&of_steps(500, vec![update("adopted", Value::Flag(true), ids([3])), ask(), run(1)]));
    let StepResult::Interview { interview_message, interviews } = &report.steps[1].result else { panic!() };
    assert_eq!(interview_message, "Why?");
    assert_eq!(interviews.iter().map(|said| said.agent).collect::<Vec<_>>(), [3, 7]);
    let (three, seven) = (&interviews[0], &interviews[1]);
    assert_eq!((three.state["adopted"].clone(), seven.state["adopted"].clone()), (true.into(), false.into()));
    assert!(three.reasons.contains("I have adopted") && seven.reasons.contains("I have not adopted"));
    let opinion = seven.state["opinion"].as_f64().unwrap();
    assert!(seven.reasons.contains(&format!("My opinion is {opinion:+.2}")), "{}", seven.reasons);
    assert!(seven.reasons.contains("% of those") || seven.reasons.contains("%)"), "{}", seven.reasons);
    assert_eq!(three.region.len(), 2);
}

#[test]
fn metrics_are_extracted_every_so_many_ticks() {
    let methods = [(Method::Mean, "mean"), (Method::Sum, "sum"), (Method::Max, "max"), (Method::Min, "min")];
    let workflow = Workflow {
        extractors: methods.map(|(method, name)| extractor(name, "opinion", method, 7)).to_vec(),
        steps: vec![
            run(10),
            Action::Extract(extractor("late", "adopted", Method::Sum, 5)),
            update("adopted", Value::Flag(true), ids(0..40)),
            run(20),
        ],
        ..Workflow::default()
    };
    let outcome = outcome(&spec(800, workflow));
    let report = outcome.experiment.as_ref().unwrap();
    let ticks = |place: usize| report.metrics[place].points.iter().map(|point| point.tick).collect::<Vec<_>>();
    assert_eq!(ticks(0), [0, 7, 14, 21, 28]);
    assert_eq!(ticks(4), [10, 15, 20, 25, 30]);
    for at in 0..5 {
        let value = |place: usize| report.metrics[place].points[at].value.unwrap();
        assert!((value(0) * 800.0 - value(1)).abs() < 1e-6 && value(3) < value(0) && value(0) < value(2));
    }
    assert!(report.metrics[4].points[0].value.unwrap() >= 40.0, "after the steps of its tick");
    assert!(report.metrics.iter().all(|metric| metric.points.iter().all(|point| point.agents == 800)));
}

#[test]
fn groups_have_their_numbers_and_their_traits() {
    let group = |agent_class: &str, number, traits: &[(&str, Distribution)]| Group {
        agent_class: agent_class.to_owned(),
        number,
        traits: traits.iter().map(|(name, how)| ((*name).to_owned(), how.clone())).collect(),
    };
    let keen = [
        ("opinion", Distribution::Constant(Value::Number(0.6))),
        (
            "adopted",
            Distribution::Choice {
                choices: vec![Value::Flag(true), Value::Flag(false)],
                weights: Some(vec![1.0, 3.0]),
            },
        ),
    ];
    let calm = [("opinion", Distribution::Normal { mean: -0.3, std: 0.1, min: Some(-0.5), max: None })];
    let class = |name: &str| Target { classes: vec![name.to_owned()], ..Target::default() };
    let workflow = Workflow {
        groups: vec![group("keen", 400, &keen), group("calm", 1_600, &calm)],
        steps: vec![
            survey(class("keen")),
            survey(class("calm")),
            survey(Target::default()),
            run(1),
            survey(class("keen")),
        ],
        ..Workflow::default()
    };
    let report = report(&spec(2_000, workflow));
    let asked = |step| surveyed(&report, step)[0].answers;
    assert_eq!((asked(0), asked(1), asked(2), asked(4)), (400, 1_600, 2_000, 400));
    assert!((mean_opinion(&report, 0) - 0.6).abs() < 1e-6);
    assert!((share_adopted(&report, 0) - 0.25).abs() < 0.07);
    assert!((mean_opinion(&report, 1) + 0.3).abs() < 0.02 && surveyed(&report, 1)[3].min.unwrap() >= -0.5);
}
