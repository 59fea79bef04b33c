//! Workflows that are wrong, step by step and field by field.

use serde_json::{Map, Value as Json, json};

use super::{INVALID, UNSUPPORTED, base, draft, refused, with};

/// Checks what is said of a step, in both forms of a workflow.
fn step_refused(step: &Json, code: &str, rest: &str) {
    let list = json!([{"type": "step"}, step]);
    refused(&with(base(), "/workflow", list.clone()), code, &format!("workflow[1]{rest}"));
    let object = json!({"steps": list});
    refused(&with(base(), "/workflow", object), code, &format!("workflow.steps[1]{rest}"));
}

/// A step that is right but for these fields; null takes one away.
fn step(kind: &str, changes: Json) -> Json {
    let mut step = match kind {
        "environment" => json!({"key": "social_trust", "value": 0.5}),
        "update_state" => json!({"key": "opinion", "value": 0.5, "target_agent": "all"}),
        "message" => json!({"intervene_message": "Hear!", "stance": 0.5, "target_agent": "all"}),
        "survey" => json!({"target_agent": "all",
            "survey": {"questions": [{"name": "q", "type": "choice", "key": "adopted"}]}}),
        "interview" => json!({"interview_message": "Why?", "target_agent": [0]}),
        "metric" => json!({"key": "opinion"}),
        _ => json!({}),
    };
    let fields = step.as_object_mut().unwrap();
    fields.insert("type".to_owned(), json!(kind));
    fields.extend(changes.as_object().cloned().unwrap_or_else(Map::new));
    assert!(kind.is_empty() || changes != json!({}), "a right step is not refused");
    step
}

#[test]
fn workflows_as_a_whole() {
    for (workflow, start) in [
        (json!([]), "workflow must have at least one step"),
        (json!({"steps": []}), "workflow.steps must have at least one step"),
        (json!({}), "workflow.steps is required"),
        (json!({"steps": [{"type": "run"}], "loop": 1}), "workflow.loop is not a known field; there are: steps"),
        (json!([{"type": "next_round"}]), "workflow must let time pass: add a step of type run or step"),
        (json!({"steps": [{"type": "next_round"}]}), "workflow.steps must let time pass"),
        (
            json!(vec![json!({"type": "run", "days": 300}); 2]),
            "workflow must run at most 105408 steps in all, not 172800",
        ),
        (json!(vec![json!({"type": "step"}); 1001]), "workflow must be at most 1000"),
        (json!([[]]), "workflow[0] must be an object, not an array"),
        (json!(["run"]), "workflow[0] must be an object, not string \"run\""),
        (json!([{}]), "workflow[0].type is required; there are: run, step, environment"),
        (json!([{"type": 7}]), "workflow[0].type must be a string, not integer 7"),
        (
            json!([{"type": "fly"}]),
            "workflow[0].type must be one of run, step, environment, update_state, message, survey, interview, next_round, metric, not \"fly\"",
        ),
        (
            json!([{"type": "run", "hours": 1}]),
            "workflow[0].hours is not a known field; there are: type, description, days",
        ),
    ] {
        refused(&with(base(), "/workflow", workflow), INVALID, start);
    }
    let known = draft(&with(base(), "/workflow", json!([{"hours": 1}]))).unwrap_err().detail;
    assert!(known.ends_with("method, step_interval, name"), "{known}");
}

#[test]
fn what_civitas_cannot_do_is_refused_with_the_reason() {
    for (given, rest) in [
        (
            json!({"type": "function", "func": "f"}),
            ".type is function, which is not supported: it calls a Python function",
        ),
        (json!({"type": "other", "func": "f"}), ".type is other, which is not supported: it calls a Python function"),
        (json!({"type": "intervene"}), ".type is intervene, which is not supported: it calls a Python function"),
        (
            json!({"type": "marketing_message", "reach_prob": 0.5, "repeat": 2, "send_time": "08:00", "groups": [{}], "tags": ["a"], "source": "peer"}),
            ".type is marketing_message, which is not supported: reading it needs a language model",
        ),
        (
            json!({"type": "save_context", "key": "a", "save_as": "b", "target_agent": [1]}),
            ".type is save_context, which is not supported: there is no language model",
        ),
        (
            json!({"type": "delete_agent", "target_agent": [1]}),
            ".type is delete_agent, which is not supported: a society keeps",
        ),
        (step("run", json!({"func": "f"})), ".func is not supported: Python does not run here"),
        (
            step("message", json!({"stance": null})),
            ".stance is required: reading a text needs a language model, so say what it stands for",
        ),
        (
            step("survey", json!({"survey": {"questions": [{"name": "q", "type": "text"}]}})),
            ".survey.questions[0].type is text, which is not supported: free text needs a language model",
        ),
        (
            step("survey", json!({"survey": {"pages": [{"elements": [{"name": "q", "type": "matrix"}]}]}})),
            ".survey.pages[0].elements[0].type is matrix, which is not supported: a trait gives one answer",
        ),
    ] {
        step_refused(&given, UNSUPPORTED, rest);
    }
    for (extractor, rest) in [
        (json!({"type": "function", "key": "opinion"}), ".type is function, which is not supported: Python"),
        (json!({"key": "opinion", "func": "f"}), ".func is not supported: Python does not run here"),
    ] {
        let workflow = json!({"steps": [{"type": "run"}], "metric_extractors": [extractor]});
        let start = format!("workflow.metric_extractors[0]{rest}");
        refused(&with(base(), "/workflow", workflow), UNSUPPORTED, &start);
    }
}

#[test]
fn steps_that_let_time_pass_and_interventions() {
    for (kind, changes, rest) in [
        ("run", json!({"days": 0}), ".days must be above 0, not 0"),
        ("run", json!({"days": -1.5}), ".days must be above 0, not -1.5"),
        ("run", json!({"days": 367}), ".days must come to at most 105408 steps, not 105696"),
        ("run", json!({"days": "1"}), ".days must be a number, not string \"1\""),
        ("run", json!({"ticks_per_step": 86_401}), ".ticks_per_step must be between 1 and 86400, not 86401"),
        (
            "run",
            json!({"steps": 3}),
            ".steps does not belong to a step of type run, which has: days, ticks_per_step, description",
        ),
        ("run", json!({"description": "x".repeat(501)}), ".description must have at most 500 characters"),
        ("step", json!({"steps": 0}), ".steps must be between 1 and 105408, not 0"),
        ("step", json!({"days": 1}), ".days does not belong to a step of type step"),
        ("step", json!({"source": "peer"}), ".source does not belong to a step of type step"),
        (
            "next_round",
            json!({"target_agent": [1]}),
            ".target_agent does not belong to a step of type next_round, which has: description",
        ),
        ("environment", json!({"key": null}), ".key is required"),
        ("environment", json!({"value": null}), ".value is required"),
        ("environment", json!({"key": "weather"}), ".key names no variable `weather`; there are: economy_confidence"),
        ("environment", json!({"value": "sunny"}), ".value must be a number, not sunny"),
        ("environment", json!({"value": -0.1}), ".value must be between 0 and 1, not -0.1"),
        ("environment", json!({"regions": []}), ".regions must name at least one region; leave it out for all"),
        ("environment", json!({"regions": ["CA", "XX"]}), ".regions[1] names no region `XX`; there are: AL"),
        ("environment", json!({"regions": "CA"}), ".regions must be an array, not string \"CA\""),
        ("environment", json!({"target_agent": "all"}), ".target_agent does not belong to a step of type environment"),
        ("update_state", json!({"key": "mood"}), ".key names no state `mood`; there are: opinion"),
        ("update_state", json!({"key": "stance"}), ".key is `stance`, which follows from the others"),
        ("update_state", json!({"value": 3}), ".value must be between -1 and 1, not 3"),
        ("update_state", json!({"value": {}}), ".value must be a number, true, false or a text, not an object"),
        ("update_state", json!({"key": "adopted", "value": 0.5}), ".value must be true or false"),
        ("update_state", json!({"target_agent": null}), ".target_agent is required: a list of ids, an object"),
        ("message", json!({"intervene_message": null}), ".intervene_message is required"),
        ("message", json!({"intervene_message": " "}), ".intervene_message must not be empty"),
        ("message", json!({"intervene_message": "x".repeat(501)}), ".intervene_message must have at most 500"),
        ("message", json!({"stance": 1.5}), ".stance must be between -1 and 1, not 1.5"),
        ("message", json!({"strength": 2}), ".strength must be between 0 and 1, not 2"),
        ("message", json!({"target_agent": null}), ".target_agent is required"),
        ("interview", json!({"interview_message": null}), ".interview_message is required"),
        ("interview", json!({"target_agent": null}), ".target_agent is required"),
        ("interview", json!({"target_agent": "all"}), ".target_agent must be a list of ids"),
        ("interview", json!({"target_agent": []}), ".target_agent must name at least one agent"),
        ("interview", json!({"target_agent": [100]}), ".target_agent[0] is agent 100, who does not exist"),
        ("metric", json!({"key": null}), ".key is required"),
        ("metric", json!({"key": "stance"}), ".key must be a number: `stance` has labels"),
        ("metric", json!({"method": "median"}), ".method must be one of mean, sum, max, min, not \"median\""),
        ("metric", json!({"step_interval": 0}), ".step_interval must be between 1 and 105408, not 0"),
        ("metric", json!({"name": ""}), ".name must not be empty"),
        ("metric", json!({"name": "x".repeat(101)}), ".name must have at most 100 characters"),
    ] {
        step_refused(&step(kind, changes), INVALID, rest);
    }
}

#[test]
fn targets() {
    for (target, rest) in [
        (
            json!("nobody"),
            " must be a list of agent ids, an object with agent_class or filter_str, or \"all\", not string \"nobody\"",
        ),
        (json!(7), " must be a list of agent ids, an object with agent_class or filter_str, or \"all\", not integer 7"),
        (json!([]), " must name at least one agent"),
        (json!([0, -1]), "[1] must be between 0 and 4294967295, not -1"),
        (json!([0, "x"]), "[1] must be a whole number, not string \"x\""),
        (json!([0, 100]), "[1] is agent 100, who does not exist: ids go from 0 to 99"),
        (json!({}), " must have agent_class or filter_str; everybody is \"all\""),
        (json!({"ids": [1]}), ".ids is not a known field; there are: agent_class or filter_str"),
        (json!({"agent_class": []}), ".agent_class must name at least one class"),
        (json!({"agent_class": 7}), ".agent_class must be a name or a list of names, not integer 7"),
        (json!({"agent_class": "cat"}), ".agent_class names no agent class `cat`; there are: citizen, fan-1"),
        (json!({"filter_str": ""}), ".filter_str must not be empty; write comparisons such as"),
        (
            json!({"filter_str": "opinion > 0 or id < 3"}),
            ".filter_str has `or`, which filters have not; write comparisons",
        ),
        (json!({"filter_str": "mood > 0"}), ".filter_str names no state `mood`"),
        (json!({"filter_str": "opinion > 'high'"}), ".filter_str must be a number"),
        (json!({"filter_str": "region > 'CA'"}), ".filter_str can compare region with == and != only"),
        (json!({"filter_str": "region == 'XX'"}), ".filter_str names no region `XX`"),
        (json!({"filter_str": "stance == 'fan'"}), ".filter_str must be one of: skeptic, neutral, supporter"),
        (json!({"filter_str": "id == 'x'"}), ".filter_str compares id with something that is no number"),
    ] {
        step_refused(&step("update_state", json!({"target_agent": target})), INVALID, &format!(".target_agent{rest}"));
    }
}

#[test]
fn surveys() {
    let question = |changes: Json| {
        let mut question = json!({"name": "q", "type": "choice", "key": "adopted"});
        question.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({"questions": [question]})
    };
    for (survey, rest) in [
        (json!(null), " is required"),
        (json!([]), " must be an object, not an array"),
        (json!({}), ".questions is required"),
        (json!({"questions": []}), " must ask at least one question"),
        (json!({"pages": [{"elements": []}]}), " must ask at least one question"),
        (json!({"questions": [], "pages": []}), " must have questions or pages, not both"),
        (
            json!({"title": "x".repeat(501), "questions": [{"name": "q", "type": "choice", "key": "adopted"}]}),
            ".title must have at most 500",
        ),
        (json!({"questions": [{"type": "choice"}]}), ".questions[0].name is required"),
        (json!({"questions": [{"name": "q", "key": "opinion"}]}), ".questions[0].type is required"),
        (json!({"questions": [{"name": "q", "type": "choice"}]}), ".questions[0].key is required: it names the trait"),
        (question(json!({"name": " "})), ".questions[0].name must not be empty"),
        (question(json!({"type": "essay"})), ".questions[0].type must be one of choice, rating, number, not \"essay\""),
        (question(json!({"key": "mood"})), ".questions[0].key names no state `mood`"),
        (question(json!({"min": 1})), ".questions[0].min does not belong to a question of type choice"),
        (question(json!({"choices": ["a", "b", "c"]})), ".questions[0].choices must say what each stands for"),
        (question(json!({"choices": ["a", ""]})), ".questions[0].choices[1] must not be empty"),
        (
            question(json!({"choices": ["a", 7]})),
            ".questions[0].choices[1] must be a text or an object with value and text, not integer 7",
        ),
        (question(json!({"choices": ["a", {}]})), ".questions[0].choices[1] must have text or value"),
        (question(json!({"key": "opinion"})), ".questions[0].choices is required: `opinion` is a number"),
        (question(json!({"type": "rating"})), ".questions[0].type cannot be rating: `adopted` is no number"),
        (
            question(json!({"type": "rating", "key": "opinion", "choices": ["a"]})),
            ".questions[0].choices does not belong to a question of type rating",
        ),
        (
            question(json!({"type": "rating", "key": "opinion", "min": 5, "max": 1})),
            ".questions[0].max must be 1 to 31 above min",
        ),
        (question(json!({"type": "rating", "key": "opinion", "min": 0.5})), ".questions[0].min must be a whole number"),
        (
            question(json!({"type": "number", "key": "opinion", "max": 5})),
            ".questions[0].max does not belong to a question of type number",
        ),
        (
            json!({"pages": [{"elements": [{"name": "a", "type": "number", "key": "opinion"}]}, {"elements": [{"name": "b", "type": "number", "key": "mood"}]}]}),
            ".pages[1].elements[0].key names no state `mood`",
        ),
        (
            json!({"questions": vec![json!({"name": "a", "type": "number", "key": "opinion"}); 2]}),
            ".questions[1].name is \"a\", as an earlier question's",
        ),
    ] {
        step_refused(&step("survey", json!({"survey": survey})), INVALID, &format!(".survey{rest}"));
    }
}

#[test]
fn extractors() {
    for (extractor, rest) in [
        (json!({}), ".key is required"),
        (json!({"key": "mood"}), ".key names no state `mood`"),
        (json!({"key": "opinion", "type": "sql"}), ".type must be state, not \"sql\""),
        (
            json!({"key": "opinion", "extract_time": 3}),
            ".extract_time is not supported: metrics have their first value",
        ),
        (json!({"key": "opinion", "step_interval": 0}), ".step_interval must be between 1 and 105408, not 0"),
        (json!({"key": "opinion", "method": "avg"}), ".method must be one of mean, sum, max, min, not \"avg\""),
        (json!({"key": "opinion", "target_agent": []}), ".target_agent must name at least one agent"),
        (
            json!({"key": "opinion", "every": 1}),
            ".every is not a known field; there are: type, name, description, key, method, step_interval, target_agent",
        ),
        (json!([]), " must be an object, not an array"),
    ] {
        let workflow = json!({"steps": [{"type": "run"}], "metric_extractors": [extractor]});
        let start = format!("workflow.metric_extractors[0]{rest}");
        refused(&with(base(), "/workflow", workflow), INVALID, &start);
    }
}
