//! Documentation that is made from the code: what the pages list must be what there is. After a change of the code run
//! `UPDATE_DOCS=1 cargo test --test docs` and look at the difference.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use civitas::engine::{Catalogue, ModelCard, Outcome, ParameterKind, Simulation, Trait, TraitKind};
use civitas::experiment::ExperimentBody;
use civitas::http::errors::ErrorCode;
use serde_json::{Value, json};

/// A file of the repository.
fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Compares the part of a page between `<!-- NAME -->` and `<!-- /NAME -->` with what the code says.
fn check(page: &str, name: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = text.split_once(&open).unwrap_or_else(|| panic!("{page} has no {open}"));
    let (found, tail) = rest.split_once(&close).unwrap_or_else(|| panic!("{page} has no {close}"));
    if found == wanted {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{open}{wanted}{close}{tail}")).unwrap();
        return;
    }
    panic!("docs/{page} is out of date; run UPDATE_DOCS=1 cargo test --test docs\nwanted:\n{wanted}\nfound:\n{found}");
}

#[test]
fn every_error_and_every_fault_of_a_run_is_documented() {
    let mut table = "| code | status | meaning |\n|---|---|---|\n".to_owned();
    for code in ErrorCode::ALL {
        writeln!(table, "| `{}` | {} | {} |", code.as_str(), code.status(), code.meaning()).unwrap();
    }
    check("errors.md", "error codes", &table);
    let mut table = "| code | meaning |\n|---|---|\n".to_owned();
    for (code, meaning) in civitas::faults::ALL {
        writeln!(table, "| `{code}` | {meaning} |").unwrap();
    }
    check("errors.md", "run faults", &table);
}

#[test]
fn every_parameter_variable_and_metric_is_documented() {
    for card in Catalogue::default().cards() {
        match card.name {
            "society" => check("society.md", "tables", &words(card)),
            name => check("models.md", name, &(words(card) + "\n" + &traits(card))),
        }
    }
}

#[test]
fn every_command_and_every_flag_is_documented() {
    check("commands.md", "commands", &civitas::cli::reference());
    let page = read("docs/cli.md");
    for command in civitas::cli::commands() {
        assert!(page.contains(&format!("`civitas {command}`")), "docs/cli.md says nothing of civitas {command}");
    }
}

/// The tables of what a model says of itself.
fn words(card: &ModelCard) -> String {
    let mut text = "| parameter | unit | range | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for p in card.parameters {
        let (unit, range) = match p.kind {
            ParameterKind::Number => (p.unit, format!("{} to {}", p.min, p.max)),
            ParameterKind::Whole => (p.unit, format!("{} to {}, whole", p.min, p.max)),
            ParameterKind::Switch => ("switch", "0 or 1".to_owned()),
        };
        writeln!(text, "| `{}` | {unit} | {range} | {} | {} |", p.name, p.default, p.description).unwrap();
    }
    if !card.variables.is_empty() {
        text += "\n| variable | default | meaning |\n|---|---|---|\n";
    }
    for v in card.variables {
        writeln!(text, "| `{}` | {} | {} |", v.name, v.default, v.description).unwrap();
    }
    text += "\n| metric | unit | meaning |\n|---|---|---|\n";
    for m in card.metrics {
        writeln!(text, "| `{}` | {} | {} |", m.name, m.unit, m.description).unwrap();
    }
    text
}

/// The values that a trait can have.
fn values(known: &Trait) -> String {
    match known.kind {
        TraitKind::Number { min, max, .. } => format!("{min} to {max}"),
        TraitKind::Flag => "true or false".to_owned(),
        TraitKind::Choice(labels) => labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", "),
    }
}

#[test]
fn every_trait_is_documented() {
    let catalogue = Catalogue::default();
    check("experiments.md", "traits", &traits(catalogue.cards().find(|card| card.name == "society").unwrap()));
}

/// The table of a model's traits.
fn traits(card: &ModelCard) -> String {
    let mut table =
        "| key | values | can be set | a new round keeps it | meaning |\n|---|---|---|---|---|\n".to_owned();
    let yes = |flag| if flag { "yes" } else { "no" };
    for t in card.traits {
        let (set, kept) = (yes(t.settable), yes(t.memory));
        writeln!(table, "| `{}` | {} | {set} | {kept} | {} |", t.name, values(t), t.description).unwrap();
    }
    table
}

/// What comes of the experiment that the page shows and the repository ships.
fn campaign() -> (Outcome, Value) {
    let page = read("docs/experiments.md");
    let shown = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let shipped = read("scenarios/campaign.json");
    assert_eq!(shown, shipped, "docs/experiments.md shows what scenarios/campaign.json holds");
    let body: ExperimentBody = serde_json::from_str(&shipped).unwrap();
    let draft = body.draft().unwrap();
    draft.check(&Catalogue::default()).unwrap();
    let outcome = Simulation::new(draft.spec, &Catalogue::default(), 2).unwrap().run().unwrap();
    let report = serde_json::to_value(outcome.experiment.clone().unwrap()).unwrap();
    (outcome, report)
}

#[test]
fn the_example_is_the_one_that_is_shipped_and_does_what_the_page_says() {
    let (outcome, report) = campaign();
    assert_eq!((outcome.agents, outcome.ticks_completed), (2_000, 44));
    let steps = report["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps.iter().map(|step| step["type"].as_str().unwrap()).collect();
    let wanted = [
        "survey",
        "run",
        "environment",
        "message",
        "metric",
        "run",
        "survey",
        "interview",
        "next_round",
        "update_state",
        "run",
    ];
    assert_eq!(kinds, wanted);
    for question in steps[0]["questions"].as_array().unwrap() {
        let counts = question["counts"].as_array().unwrap().iter().map(|count| count["agents"].as_u64().unwrap());
        assert_eq!(counts.sum::<u64>(), 2_000, "everybody answers {}", question["name"]);
    }
    assert_eq!(steps[6]["agents"], json!(1_800), "the second survey asks citizens alone");
    assert_eq!((&steps[2]["before"], &steps[2]["value"], &steps[2]["regions"]), (&json!(0.5), &json!(0.8), &json!(3)));
    assert_eq!((&steps[2]["tick"], &steps[2]["day"], &steps[2]["time"]), (&json!(16), &json!(2), &json!("08:00:00")));
    assert_eq!(steps[3]["agents"], steps[3]["changed"], "whoever is open at all is moved");
    let said: Vec<_> = steps[7]["interviews"].as_array().unwrap().iter().map(|said| said["agent"].clone()).collect();
    assert_eq!(said, [json!(0), json!(700), json!(1999)]);

    let metric = |place: usize| {
        let points = report["metrics"][place]["points"].as_array().unwrap();
        points.iter().map(|point| (point["tick"].as_u64().unwrap(), point["value"].as_f64().unwrap())).collect()
    };
    let (adoption, citizens, california): (Vec<_>, Vec<_>, Vec<_>) = (metric(0), metric(1), metric(2));
    let ticks = |points: &[(u64, f64)]| points.iter().map(|point| point.0).collect::<Vec<_>>();
    assert_eq!(ticks(&adoption), (0..=44).step_by(4).collect::<Vec<_>>());
    assert_eq!(ticks(&california), (16..=44).step_by(4).collect::<Vec<_>>());
    assert!(citizens[4].1 > citizens[3].1 + 0.03, "the message moves citizens at tick 16: {citizens:?}");
    assert!(california[0].1 > citizens[4].1 + 0.2, "and those of California most");
}

#[test]
fn the_results_that_the_page_shows_are_those_of_the_example() {
    let (_, report) = campaign();
    let mut message = report["steps"][3].clone();
    let mut survey = report["steps"][6].clone();
    survey["questions"].as_array_mut().unwrap().truncate(1);
    let mut interview = report["steps"][7].clone();
    interview["interviews"].as_array_mut().unwrap().truncate(1);
    let mut metric = report["metrics"][2].clone();
    metric["points"].as_array_mut().unwrap().truncate(2);
    let mut text = String::new();
    for (what, part) in [
        ("The message", &mut message),
        ("The second survey, its first question", &mut survey),
        ("The interview, its first agent", &mut interview),
        ("The metric that the workflow starts, its first values", &mut metric),
    ] {
        write!(text, "{what}:\n\n```text\n{}\n```\n\n", serde_json::to_string_pretty(part).unwrap()).unwrap();
    }
    check("experiments.md", "results", &text);
}

/// The pieces of code in the page on models are the examples'.
#[test]
fn the_page_on_models_shows_the_example() {
    let page = read("docs/writing-a-model.md");
    let examples = ["own_model", "rumour"].map(|name| read(&format!("examples/{name}.rs")));
    for excerpt in page.split("```rust,ignore\n").skip(1) {
        let excerpt = excerpt.split("```").next().unwrap();
        let shows =
            |example: &String| excerpt.lines().all(|line| line.trim() == "..." || example.contains(line.trim()));
        assert!(examples.iter().any(shows), "in no example as a whole: {excerpt}");
    }
}
