//! What is asked and measured: answers add up and agree with one another, with the words of interviews, and with the
//! trends of the run; and asking changes nobody.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::Server;
use crate::support::experiments::*;

fn two_groups(workflow: Value) -> Value {
    let groups = json!([{"agent_class": "citizen", "number": 1500}, {"agent_class": "rival", "number": 500}]);
    with(experiment(1, workflow), "/agent/citizens", groups)
}

fn close(a: f64, b: f64, most: f64) {
    assert!((a - b).abs() <= most, "{a} and {b}");
}

#[test]
fn answers_add_up_and_agree() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let questions = json!([
        question("choice", "stance"),
        {"name": "has it", "title": "Do you have it?", "type": "radiogroup", "key": "adopted",
            "choices": ["No", {"value": 1, "text": "Yes"}]},
        {"name": "fifths", "type": "choice", "key": "opinion", "choices": ["a", "b", "c", "d", "e"]},
        question("rating", "opinion"),
        {"name": "to ten", "type": "rating", "key": "opinion", "rateMin": 0, "rateMax": 10},
        question("number", "opinion"),
        question("choice", "adopter_category"),
    ]);
    let pages =
        json!([{"elements": questions.as_array().unwrap()[..3]}, {"elements": questions.as_array().unwrap()[3..]}]);
    let on_pages = json!({"type": "survey", "target_agent": "all", "survey": {"title": "On pages", "pages": pages}});
    let half = |filter: &str| survey(json!({"filter_str": filter}), questions.clone());
    let workflow = json!([
        {"type": "step", "steps": 8}, survey(json!("all"), questions.clone()),
        survey(json!({"agent_class": "rival"}), questions.clone()), survey(json!({"agent_class": "citizen"}), questions.clone()),
        half("region == 'CA'"), half("region != 'CA'"), half("opinion >= 0"), half("opinion < 0"), on_pages,
    ]);
    let config = two_groups(workflow);
    let results = server.concluded(&config);
    let surveys = steps(&results, "survey");
    let asked: Vec<_> = surveys.iter().map(|found| found["agents"].as_u64().unwrap()).collect();
    assert_eq!((asked[0], asked[1], asked[2], asked[7]), (2000, 500, 1500, 2000));
    // A question to all is answered by both halves together, whatever parts them.
    for [one, other] in [[1, 2], [3, 4], [5, 6]] {
        assert!(asked[one] > 0 && asked[other] > 0 && asked[one] + asked[other] == 2000, "{asked:?}");
        for number in 0..7 {
            let [all, one, other] = [0, one, other].map(|at| counts(surveys[at], number));
            assert!(all.iter().zip(one.iter().zip(&other)).all(|(all, (one, other))| *all == one + other), "{number}");
        }
    }
    assert_eq!(surveys[7]["questions"], surveys[0]["questions"], "pages are one list");

    for (found, &agents) in surveys.iter().zip(&asked) {
        for (number, question) in found["questions"].as_array().unwrap().iter().enumerate() {
            assert_eq!(question["answers"], json!(agents));
            let counts = counts(found, number);
            assert_eq!(counts.iter().sum::<u64>(), if number == 5 { 0 } else { agents }, "{question}");
            for count in question["counts"].as_array().unwrap() {
                close(count["share"].as_f64().unwrap(), count["agents"].as_f64().unwrap() / agents as f64, 1e-12);
            }
        }
        assert_eq!(counts(found, 2), counts(found, 3), "a choice of five and a rating to five cut alike");
        let to_ten = &found["questions"][4];
        let all = to_ten["counts"].as_array().unwrap().iter();
        let given: Vec<(f64, f64)> = all
            .map(|at| (at["answer"].as_str().unwrap().parse().unwrap(), at["agents"].as_f64().unwrap()))
            .filter(|at| at.1 > 0.0)
            .collect();
        close(
            to_ten["mean"].as_f64().unwrap(),
            given.iter().map(|(answer, count)| answer * count).sum::<f64>() / agents as f64,
            1e-9,
        );
        assert_eq!(
            (to_ten["min"].as_f64(), to_ten["max"].as_f64()),
            (Some(given[0].0), Some(given[given.len() - 1].0))
        );
        let opinion = &found["questions"][5];
        let [low, mean, high, std] = ["min", "mean", "max", "std"].map(|field| opinion[field].as_f64().unwrap());
        assert!(-1.0 <= low && low <= mean && mean <= high && high <= 1.0 && std > 0.0 && std < 1.0, "{opinion}");
    }
    let answers = |at: usize| {
        surveys[0]["questions"][at]["counts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|count| count["answer"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!([answers(0), answers(1)], [vec!["skeptic", "neutral", "supporter"], vec!["No", "Yes"]]);
    assert_eq!(answers(4).len(), 11);

    // The run's own numbers at the same moment.
    let share = |question: usize, answer: usize| counts(surveys[0], question)[answer] as f64 / 2000.0;
    close(share(1, 1), results["outcome_summary"]["adoption_rate"].as_f64().unwrap(), 1e-6);
    for (place, name) in ["skeptics", "neutral", "supporters"].into_iter().enumerate() {
        close(share(0, place), results["distribution"][name].as_f64().unwrap(), 1e-6);
    }
    close(mean(surveys[0], 5), trend(&results, "sentiment").last().unwrap().1, 1e-4);
    // Nobody is changed by being asked.
    let unasked = server.concluded(&with(config, "/workflow", json!([{"type": "step", "steps": 8}])));
    assert_eq!((steps(&unasked, "survey").len(), society_of(&unasked)), (0, society_of(&results)));
}

#[test]
fn agents_say_what_they_are() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let ids = [1999, 3, 700, 42, 1200];
    let mut workflow = vec![
        json!({"type": "update_state", "key": "adopted", "value": true, "target_agent": [700]}),
        json!({"type": "step", "steps": 10}),
        json!({"type": "interview", "interview_message": "Do you have it, and why?", "target_agent": ids}),
    ];
    workflow.extend(ids.map(|id| {
        survey(
            json!([id]),
            json!([question("number", "opinion"), question("choice", "stance"), question("choice", "adopted")]),
        )
    }));
    let config = two_groups(json!(workflow));
    let results = server.concluded(&config);
    let found = steps(&results, "interview")[0];
    assert_eq!((&found["tick"], &found["interview_message"]), (&json!(10), &json!("Do you have it, and why?")));
    let interviews = found["interviews"].as_array().unwrap();
    let mut told: Vec<_> = interviews.iter().map(|agent| agent["agent"].as_u64().unwrap()).collect();
    told.sort();
    assert_eq!(told, [3, 42, 700, 1200, 1999]);
    let mut checks = Vec::new();
    for agent in interviews {
        let (id, state, reasons) =
            (agent["agent"].as_u64().unwrap(), &agent["state"], agent["reasons"].as_str().unwrap());
        let opinion = state["opinion"].as_f64().unwrap();
        assert!(reasons.contains(&format!("My opinion is {opinion:+.2}")), "{reasons} {state}");
        assert!(
            reasons.contains(&format!("I began with {:+.2}", state["initial_opinion"].as_f64().unwrap())),
            "{reasons}"
        );
        let noun = match state["stance"].as_str().unwrap() {
            "neutral" => "I am neutral".to_owned(),
            other => format!("I am a {other}"),
        };
        assert!(reasons.contains(&noun), "{reasons} {state}");
        let adopted = state["adopted"].as_bool().unwrap();
        assert_eq!((reasons.contains("I have adopted"), reasons.contains("I have not adopted")), (adopted, !adopted));
        assert!(id != 700 || adopted, "who was made to adopt has adopted");
        assert_eq!(agent["segment"], state["adopter_category"]);
        // The surveys of this one agent say the same.
        let place = ids.iter().position(|other| *other == id).unwrap();
        let asked = steps(&results, "survey")[place];
        assert_eq!(asked["agents"], json!(1));
        assert_eq!(mean(asked, 0), opinion);
        let stance = ["skeptic", "neutral", "supporter"].iter().position(|stance| state["stance"] == *stance).unwrap();
        assert_eq!((counts(asked, 1)[stance], counts(asked, 2)[usize::from(adopted)]), (1, 1));
        let text = |field: &str| agent[field].as_str().unwrap();
        let filter = format!(
            "id == {id} and region == '{}' and segment == '{}' and agent_class == '{}'",
            text("region"),
            text("segment"),
            text("agent_class")
        );
        checks.push(survey(json!({"filter_str": filter}), json!([question("choice", "adopted")])));
    }
    checks.push(json!({"type": "step"}));
    let checked = server.concluded(&two_groups(json!(checks)));
    assert!(steps(&checked, "survey").iter().all(|found| found["agents"] == 1), "they live where they say");
    let silent = server.concluded(&without(config, "/workflow/2"));
    assert_eq!((steps(&silent, "interview").len(), society_of(&silent)), (0, society_of(&results)));
}

#[test]
fn metrics_agree_with_each_other_and_with_the_trends() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let metric = |method: &str| json!({"name": method, "key": "opinion", "method": method, "step_interval": 3});
    let workflow = json!({
        "metric_extractors": [metric("mean"), metric("sum"), metric("max"), metric("min"), {"key": "adopted"},
            {"name": "rivals", "key": "opinion", "target_agent": {"agent_class": "rival"}}],
        "steps": [
            {"type": "step", "steps": 4},
            {"type": "metric", "name": "late", "key": "adopted", "method": "sum", "step_interval": 2, "target_agent": {"agent_class": "rival"}},
            {"type": "step", "steps": 8}, survey(json!({"agent_class": "rival"}), json!([question("number", "opinion"), question("choice", "adopted")])),
        ],
    });
    let config = two_groups(workflow);
    let results = server.concluded(&config);
    let [means, sums, most, least] = ["mean", "sum", "max", "min"].map(|name| points(&results, name));
    for ((mean, sum), (max, min)) in means.iter().zip(&sums).zip(most.iter().zip(&least)) {
        assert_eq!((mean.0, mean.1), (sum.0, 2000));
        close(sum.2, mean.2 * 2000.0, 1e-6);
        assert!(-1.0 <= min.2 && min.2 < mean.2 && mean.2 < max.2 && max.2 <= 1.0, "{mean:?} {max:?} {min:?}");
        let trend = trend(&results, "sentiment");
        // Trends round opinions to 1/16384.
        close(mean.2, trend[mean.0 as usize].1, 1.0 / 16_384.0);
    }
    for points in [&means, &sums, &most, &least] {
        assert_eq!(points.iter().map(|point| point.0).collect::<Vec<_>>(), [0, 3, 6, 9, 12]);
    }
    let adopted = points(&results, "mean of adopted");
    assert_eq!(adopted.len(), 13);
    adopted.iter().zip(trend(&results, "adoption_rate")).for_each(|(point, trend)| close(point.2, trend.1, 1e-6));
    let rivals = points(&results, "rivals");
    assert!(rivals.iter().all(|point| point.1 == 500));
    let asked = steps(&results, "survey")[0];
    assert_eq!(rivals[12].2, mean(asked, 0));
    let late = points(&results, "late");
    assert_eq!(
        late.iter().map(|point| (point.0, point.1)).collect::<Vec<_>>(),
        [4, 6, 8, 10, 12].map(|tick| (tick, 500))
    );
    assert!(late.is_sorted_by_key(|point| point.2) && late[4].2 == counts(asked, 1)[1] as f64, "{late:?}");
    assert_eq!(
        (&steps(&results, "metric")[0]["name"], &steps(&results, "metric")[0]["tick"]),
        (&json!("late"), &json!(4))
    );

    let early = server.concluded(&without(config.clone(), "/workflow/steps/1"));
    assert_eq!((steps(&early, "metric").len(), early["experiment"]["metrics"].as_array().unwrap().len()), (0, 6));
    let none = server.concluded(&with(config.clone(), "/workflow", config["workflow"]["steps"].clone()));
    assert_eq!(none["experiment"]["metrics"].as_array().unwrap().len(), 1, "only the step's");
    assert_eq!((society_of(&early), society_of(&none)), (society_of(&results), society_of(&results)));
}

#[test]
fn agents_are_born_as_their_groups_distributions_say() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let group = |class: &str, born: Value| json!({"agent_class": class, "number": 1000, "memory_distributions": born});
    let groups = json!([
        group("constant", json!({"opinion": {"dist_type": "constant", "value": 0.5}, "adopted": {"type": "constant", "value": true}})),
        group("choice", json!({"adopted": {"dist_type": "choice", "choices": [true, false], "weights": [1, 3]},
            "opinion": {"dist_type": "choice", "choices": [-0.5, 0.5]}})),
        group("uniform_int", json!({"opinion": {"dist_type": "uniform_int", "min_value": -1, "max_value": 1}})),
        group("uniform_float", json!({"opinion": {"dist_type": "uniform_float", "min_value": 0.2, "max_value": 0.4}})),
        group("normal", json!({"opinion": {"dist_type": "normal", "mean": 0.3, "std": 0.1, "min_value": 0.2}})),
        {"agent_class": "others", "number": 1000},
    ]);
    let ask = |class: &str| {
        survey(
            json!({"agent_class": class}),
            json!([question("number", "opinion"), question("choice", "adopted"),
        {"name": "r", "type": "rating", "key": "opinion", "min": -1, "max": 1}]),
        )
    };
    let classes = ["constant", "choice", "uniform_int", "uniform_float", "normal", "others"];
    let mut workflow: Vec<_> = classes.into_iter().map(ask).collect();
    workflow.push(survey(
        json!({"filter_str": "agent_class == 'normal' and opinion < 0.2001"}),
        json!([question("choice", "stance")]),
    ));
    workflow.push(json!({"type": "step"}));
    let config = with(experiment(1, json!(workflow)), "/agent/citizens", groups);
    let results = server.concluded(&config);
    let found = steps(&results, "survey");
    let opinion = |class: usize, field: &str| found[class]["questions"][0][field].as_f64().unwrap();
    let near = |class: usize, mean: f64, std: f64, most: f64| {
        close(opinion(class, "mean"), mean, most);
        close(opinion(class, "std"), std, most);
    };
    let bounds = |class: usize| (opinion(class, "min"), opinion(class, "max"));
    assert_eq!((bounds(0), counts(found[0], 1)), ((0.5, 0.5), vec![0, 1000]));
    assert_eq!(bounds(1), (-0.5, 0.5));
    near(1, 0.0, 0.5, 0.06);
    let adopted = counts(found[1], 1)[1];
    assert!((200..300).contains(&adopted), "one in four, not {adopted} of 1000");
    let thirds = counts(found[2], 2);
    assert!(thirds.iter().all(|count| (280..390).contains(count)), "{thirds:?}");
    assert!(bounds(2).0 <= -0.999 && bounds(2).1 >= 0.999, "{:?}", bounds(2));
    assert!(bounds(3).0 >= 0.2 && bounds(3).0 < 0.21 && bounds(3).1 <= 0.4 && bounds(3).1 > 0.39, "{:?}", bounds(3));
    near(3, 0.3, 0.2 / 12f64.sqrt(), 0.006);
    // Cut at one standard deviation below the mean: 15.9 % are at the bound.
    close(opinion(4, "min"), 0.2, 1e-4);
    near(4, 0.308, 0.087, 0.012);
    let at_bound = found[6]["agents"].as_u64().unwrap();
    assert!((120..200).contains(&at_bound), "{at_bound} of 1000");
    // Without its distribution a group is like the others.
    for (number, class) in classes[..5].iter().enumerate() {
        let usual =
            server.concluded(&without(config.clone(), &format!("/agent/citizens/{number}/memory_distributions")));
        let without = steps(&usual, "survey");
        assert_ne!(without[number]["questions"], found[number]["questions"], "{class}");
        close(mean(without[number], 0), mean(found[5], 0), 0.06);
        assert_eq!(counts(without[number], 1), [1000, 0], "{class}");
        assert_eq!(without[5], found[5], "{class}: other groups are left alone");
    }
}
