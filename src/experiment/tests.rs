//! Configurations that are right, part by part: what each becomes. What is wrong stands in [`wrong`].

mod wrong;

use civitas_engine::{
    Action, Catalogue, Choice, Comparison, Condition, DAY_SECONDS, Day, Distribution, Extractor, Method, Question,
    QuestionKind, Target, Value, Workflow,
};
use serde_json::{Value as Json, json};

use super::{Draft, ExperimentBody, reworded};
use crate::http::errors::ApiResult;
use crate::http::wire::decode;
use crate::http::wire::object::Object;

/// A small experiment that is right.
fn base() -> Json {
    json!({
        "name": "Small",
        "environment": {"social_trust": 0.6},
        "agent": {"citizens": [
            {"agent_class": "citizen", "number": 90},
            {"agent_class": "fan-1", "number": 10, "memory_distributions":
                {"opinion": {"dist_type": "normal", "mean": 0.5, "std": 0.1}}}
        ]},
        "map": {"dataset": "us-2020"},
        "workflow": [{"type": "run"}]
    })
}

/// The configuration with what stands at a JSON pointer replaced; a last segment that does not exist is added.
fn with(mut config: Json, pointer: &str, value: Json) -> Json {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match config.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Json::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Json::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{parent} is {other}"),
    }
    config
}

/// Reads and checks a configuration as a server does.
fn draft(config: &Json) -> ApiResult<Draft> {
    draft_of(config.to_string().as_bytes())
}

fn draft_of(text: &[u8]) -> ApiResult<Draft> {
    let Object(body) = decode::json::<Object<ExperimentBody>>(text).map_err(reworded)?;
    let draft = body.draft()?;
    draft.check(&Catalogue::default())?;
    Ok(draft)
}

fn workflow(config: &Json) -> Workflow {
    let draft = draft(config).unwrap_or_else(|error| panic!("{error}: {config}"));
    assert_eq!(draft.spec.horizon_ticks, draft.spec.workflow.as_ref().unwrap().ticks());
    draft.spec.workflow.as_deref().unwrap().clone()
}

/// What a step becomes, after which a step passes.
fn action(step: Json) -> Action {
    workflow(&with(base(), "/workflow", json!([step, {"type": "step"}]))).steps[0].clone()
}

#[test]
fn what_is_left_out_has_its_default() {
    let draft = draft(&base()).unwrap();
    let spec = &draft.spec;
    assert_eq!((draft.name.as_str(), spec.model.as_str(), spec.seed), ("Small", "society", 42));
    assert_eq!((spec.population.dataset.as_str(), spec.population.agents), ("us-2020", 100));
    assert_eq!((spec.horizon_ticks, spec.sample_rate), (288, 1.0));
    let workflow = workflow(&base());
    assert_eq!(workflow.day, Day { start_s: 0, length_s: DAY_SECONDS });
    assert_eq!(workflow.environment, [("social_trust".to_owned(), 0.6)].into());
    assert_eq!(workflow.steps, [Action::Run { ticks: 288, seconds_per_tick: 300 }]);
    assert_eq!(workflow.extractors, []);
    let groups: Vec<_> = workflow.groups.iter().map(|group| (group.agent_class.as_str(), group.number)).collect();
    assert_eq!(groups, [("citizen", 90), ("fan-1", 10)]);
}

#[test]
fn model_parameters_network_and_seed_are_taken_over() {
    let agent = json!({"citizens": [{"agent_class": "a", "number": 50}], "model": "society",
        "parameters": {"pace": 0.5}, "network": {"mean_degree": 6, "rewiring": 0.2},
        "firms": [], "banks": null, "supervisor": {}});
    let config = with(with(base(), "/agent", agent), "/seed", json!(u64::MAX));
    let spec = draft(&config).unwrap().spec;
    assert_eq!((spec.seed, spec.population.agents, spec.parameters.get("pace")), (u64::MAX, 50, Some(&0.5)));
    assert_eq!((spec.network.mean_degree, spec.network.rewiring, spec.network.border_factor), (6.0, 0.2, 2.0));
}

#[test]
fn every_distribution_is_read() {
    let all = json!({
        "adopted": {"dist_type": "constant", "value": true},
        "opinion": {"type": "choice", "choices": [-0.5, 0, 0.5], "weights": [1, 2, 1]},
        "initial_opinion": {"dist_type": "uniform_int", "min_value": -1, "max_value": 1},
        "threshold": {"dist_type": "uniform_float", "min_value": 0.1, "max_value": 0.3},
        "susceptibility": {"dist_type": "normal", "mean": 0.5, "std": 0.1, "min_value": 0.2}
    });
    let groups = workflow(&with(base(), "/agent/citizens/0/memory_distributions", all)).groups;
    let traits = &groups[0].traits;
    assert_eq!(traits["adopted"], Distribution::Constant(Value::Flag(true)));
    let choices = [-0.5, 0.0, 0.5].map(Value::Number).to_vec();
    assert_eq!(traits["opinion"], Distribution::Choice { choices, weights: Some(vec![1.0, 2.0, 1.0]) });
    assert_eq!(traits["initial_opinion"], Distribution::UniformInt { min: -1, max: 1 });
    assert_eq!(traits["threshold"], Distribution::UniformFloat { min: 0.1, max: 0.3 });
    let normal = Distribution::Normal { mean: 0.5, std: 0.1, min: Some(0.2), max: None };
    assert_eq!(traits["susceptibility"], normal);
}

#[test]
fn days_become_steps_by_the_clock() {
    let environment = json!({"start_tick": 28_800, "total_tick": 36_000, "ticks_per_step": 3_600});
    let config = with(base(), "/environment", environment);
    for (step, ticks, seconds_per_tick) in [
        (json!({"type": "run"}), 10, 3_600),
        (json!({"type": "run", "days": 2.5}), 25, 3_600),
        (json!({"type": "run", "days": 0.001}), 1, 3_600),
        (json!({"type": "run", "days": 1, "ticks_per_step": 7_000}), 6, 7_000),
        (json!({"type": "step"}), 1, 3_600),
        (json!({"type": "step", "steps": 7, "ticks_per_step": 60, "description": "an hour less"}), 7, 60),
    ] {
        let steps = workflow(&with(config.clone(), "/workflow", json!([step]))).steps;
        assert_eq!(steps, [Action::Run { ticks, seconds_per_tick }], "{step}");
    }
    let late = workflow(&with(base(), "/environment", json!({"start_tick": 80_000})));
    assert_eq!(late.day, Day { start_s: 80_000, length_s: 6_400 });
}

#[test]
fn interventions_are_read() {
    let environment = json!({"type": "environment", "key": "social_trust", "value": 1, "regions": ["CA", "NY"]});
    let regions = vec!["CA".to_owned(), "NY".to_owned()];
    let wanted = Action::Environment { key: "social_trust".to_owned(), value: 1.0, regions };
    assert_eq!(action(environment), wanted);

    let update = json!({"type": "update_state", "key": "adopted", "value": false, "target_agent": [3, 1]});
    let target = Target { ids: Some(vec![3, 1]), ..Target::default() };
    assert_eq!(action(update), Action::UpdateState { key: "adopted".to_owned(), value: Value::Flag(false), target });

    let message = json!({"type": "message", "intervene_message": "Hear!", "stance": -0.5, "target_agent": "all"});
    let target = Target::default();
    assert_eq!(action(message), Action::Message { text: "Hear!".to_owned(), stance: -0.5, strength: 1.0, target });
    assert_eq!(action(json!({"type": "next_round"})), Action::NextRound);
}

#[test]
fn targets_are_everybody_ids_or_filters() {
    let of = |target: Json| match action(
        json!({"type": "update_state", "key": "opinion", "value": 0, "target_agent": target}),
    ) {
        Action::UpdateState { target, .. } => target,
        other => panic!("{other:?}"),
    };
    assert_eq!(of(json!("all")), Target::default());
    assert_eq!(of(json!([0])).ids, Some(vec![0]));
    assert_eq!(of(json!({"agent_class": "fan-1"})).classes, ["fan-1"]);
    let both = of(json!({"agent_class": ["fan-1", "citizen"], "filter_str": "${profile.region} != 'CA' and id < 5"}));
    assert_eq!(both.classes, ["fan-1", "citizen"]);
    let region = Value::Text("CA".to_owned());
    let conditions = [("region", Comparison::NotEqual, region), ("id", Comparison::Less, Value::Number(5.0))];
    let conditions = conditions.map(|(key, comparison, value)| Condition { key: key.to_owned(), comparison, value });
    assert_eq!((both.ids, both.conditions), (None, conditions.to_vec()));
}

#[test]
fn surveys_are_lists_or_pages_of_questions() {
    let adopted = json!({"name": "a", "text": "Have you?", "type": "radiogroup", "key": "adopted"});
    let rated = json!({"name": "r", "title": "How much?", "type": "rating", "key": "opinion", "rateMax": 7});
    let labels = json!(["no", {"value": 1, "text": "yes"}, {"value": "maybe"}]);
    let cut = json!({"name": "c", "type": "choice", "key": "threshold", "choices": labels, "isRequired": true});
    let number = json!({"name": "n", "type": "number", "key": "susceptibility"});
    let list = json!({"type": "survey", "target_agent": "all",
        "survey": {"title": "T", "description": "d", "questions": [adopted, rated, cut, number]}});
    let pages = json!({"type": "survey", "target_agent": "all", "survey": {"id": "x", "title": "T", "pages": [
        {"name": "p", "elements": [adopted]}, {"title": "q", "elements": [rated, cut, number]}]}});
    let question = |name: &str, text: &str, key: &str, kind| {
        let [name, text, key] = [name, text, key].map(str::to_owned);
        Question { name, text, key, kind }
    };
    let choice = |label: &str, value| Choice { label: label.to_owned(), value };
    let labels = vec![
        "no".into(),
        choice("yes", Some(Value::Number(1.0))),
        choice("maybe", Some(Value::Text("maybe".to_owned()))),
    ];
    let questions = vec![
        question("a", "Have you?", "adopted", QuestionKind::Choice(Vec::new())),
        question("r", "How much?", "opinion", QuestionKind::Rating { min: 1, max: 7 }),
        question("c", "c", "threshold", QuestionKind::Choice(labels)),
        question("n", "n", "susceptibility", QuestionKind::Number),
    ];
    let wanted = Action::Survey { title: "T".to_owned(), questions, target: Target::default() };
    assert_eq!(action(list), wanted);
    assert_eq!(action(pages), wanted);
}

#[test]
fn interviews_and_metrics_are_read() {
    let interview = json!({"type": "interview", "interview_message": "Why?", "target_agent": [7]});
    assert_eq!(action(interview), Action::Interview { text: "Why?".to_owned(), agents: vec![7] });

    let step = json!({"type": "metric", "key": "opinion", "method": "max", "step_interval": 6, "name": "top"});
    let top = Extractor {
        name: "top".to_owned(),
        key: "opinion".to_owned(),
        method: Method::Max,
        every_ticks: 6,
        target: Target::default(),
    };
    assert_eq!(action(step), Action::Extract(top.clone()));

    let extractors = json!([{"key": "adopted"}, {"type": "state", "key": "opinion", "method": "max",
        "step_interval": 6, "name": "top", "description": "d", "target_agent": {"agent_class": "fan-1"}}]);
    let object = json!({"steps": [{"type": "run"}], "metric_extractors": extractors});
    let found = workflow(&with(base(), "/workflow", object)).extractors;
    let (key, name) = ("adopted".to_owned(), "mean of adopted".to_owned());
    let mean = Extractor { name, key, method: Method::Mean, every_ticks: 1, target: Target::default() };
    let fans = Target { classes: vec!["fan-1".to_owned()], ..Target::default() };
    assert_eq!(found, [mean, Extractor { target: fans, ..top }]);
}
