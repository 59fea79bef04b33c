//! What steps do: each step's effect is in the results, and missing from those of the same experiment, with the same seed,
//! without it.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::Server;
use crate::support::experiments::*;

/// 2,000 agents: three quarters citizens, one quarter rivals.
fn two_groups(workflow: Value) -> Value {
    let groups = json!([{"agent_class": "citizen", "number": 1500}, {"agent_class": "rival", "number": 500}]);
    with(experiment(1, workflow), "/agent/citizens", groups)
}

fn both_answers(target: Value) -> Value {
    survey(target, json!([question("choice", "adopted"), question("number", "opinion")]))
}

/// The results with and without the step at this place of the workflow.
fn both(server: &Server, config: &Value, place: usize) -> [Value; 2] {
    let found = [server.concluded(config), server.concluded(&without(config.clone(), &format!("/workflow/{place}")))];
    let missing = found[1]["experiment"]["steps"].as_array().unwrap().len() + 1;
    assert_eq!(found[0]["experiment"]["steps"].as_array().unwrap().len(), missing, "every step is in the report, once");
    found
}

#[test]
fn time_passes_in_steps_of_a_clock_that_begins_anew_each_day() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let now = || survey(json!([0]), json!([question("choice", "adopted")]));
    let workflow = json!([
        now(), {"type": "step", "steps": 3}, now(), {"type": "run"}, now(),
        {"type": "step", "steps": 2, "ticks_per_step": 7200}, now(),
        {"type": "run", "days": 0.5, "ticks_per_step": 14_400}, now(), {"type": "step"}, now(),
    ]);
    let day = json!({"start_tick": 28_800, "total_tick": 57_600, "ticks_per_step": 3600});
    let config = with(two_groups(workflow), "/environment", day);
    let results = server.concluded(&config);
    let times: Vec<_> = steps(&results, "survey").iter().map(|at| json!([at["tick"], at["day"], at["time"]])).collect();
    // Sixteen steps of an hour make a day from 8:00 to midnight.
    let wanted = json!([
        [0, 0, "08:00:00"],
        [3, 0, "11:00:00"],
        [19, 1, "11:00:00"],
        [21, 1, "15:00:00"],
        [23, 1, "23:00:00"],
        [24, 2, "08:00:00"],
    ]);
    assert_eq!(json!(times), wanted);
    let runs: Vec<_> = steps(&results, "run").iter().map(|run| json!([run["ticks"], run["ticks_per_step"]])).collect();
    assert_eq!(json!(runs), json!([[3, 3600], [16, 3600], [2, 7200], [2, 14_400], [1, 3600]]));
    assert_eq!((&results["ticks_completed"], &results["horizon_ticks"]), (&json!(24), &json!(24)));
    let places: Vec<_> =
        results["experiment"]["steps"].as_array().unwrap().iter().map(|step| step["step"].clone()).collect();
    assert_eq!(places, (0..11).map(|place| json!(place)).collect::<Vec<_>>());

    // Without the day less time passes: fewer ticks, and another end.
    let [_, shorter] = both(&server, &config, 3);
    assert_eq!(shorter["ticks_completed"], json!(8));
    assert_eq!(steps(&shorter, "survey")[5]["time"], json!("08:00:00"));
    let [_, shorter] = both(&server, &config, 1);
    assert_eq!((&shorter["ticks_completed"], &steps(&shorter, "survey")[2]["day"]), (&json!(21), &json!(1)));
    assert_ne!(trend(&shorter, "sentiment").last(), trend(&results, "sentiment").last());

    // Longer steps move the clock and nothing else; the defaults are a day of 288 steps.
    let paced = |seconds: u32| two_groups(json!([{"type": "step", "steps": 12, "ticks_per_step": seconds}, now()]));
    let [short, long] = [300, 7200].map(|seconds| server.concluded(&paced(seconds)));
    assert_eq!(society_of(&short), society_of(&long));
    assert_eq!([&short, &long].map(|found| steps(found, "survey")[0]["day"].clone()), [json!(0), json!(1)]);
    let default = server.concluded(&two_groups(json!([{"type": "run"}, now()])));
    let at = steps(&default, "survey")[0].clone();
    assert_eq!((&at["tick"], &at["day"], &at["time"]), (&json!(288), &json!(1), &json!("00:00:00")));
}

#[test]
fn the_environment_changes_from_the_step_on_everywhere_or_in_regions() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let of = |region: &str| {
        let target = json!({"filter_str": format!("region == '{region}'")});
        json!({"name": region, "key": "opinion", "target_agent": target})
    };
    let workflow = |change: Value| {
        let steps = json!([{"type": "step", "steps": 6}, change, {"type": "step", "steps": 6}]);
        two_groups(json!({"metric_extractors": [of("CA"), of("TX")], "steps": steps}))
    };
    let everywhere = json!({"type": "environment", "key": "media_sentiment", "value": 0.95});
    let nothing = json!({"type": "step"});
    let mut runs = [everywhere.clone(), with(everywhere, "/regions", json!(["CA", "NY"]))]
        .map(|step| server.concluded(&workflow(step)))
        .to_vec();
    runs.push(server.concluded(&without(workflow(nothing), "/workflow/steps/1")));
    let [all, west, none] = &runs[..] else { unreachable!() };

    let step = |results: &Value| steps(results, "environment").into_iter().cloned().collect::<Vec<_>>();
    let report = json!({"step": 1, "tick": 6, "day": 0, "time": "00:30:00", "type": "environment",
        "key": "media_sentiment", "before": 0.5, "value": 0.95, "regions": 51});
    assert_eq!(step(all), std::slice::from_ref(&report));
    assert_eq!(step(west), [with(report, "/regions", json!(2))]);
    assert_eq!(step(none), [] as [Value; 0]);
    let event = |results: &Value| results["key_events"].to_string().contains("media_sentiment");
    assert_eq!([event(all), event(west), event(none)], [true, true, false]);

    for region in ["CA", "TX"] {
        let [all, west, none] = [all, west, none].map(|results| points(results, region));
        assert_eq!((&all[..7], &west[..7]), (&none[..7], &none[..7]), "before it, nothing has changed");
        assert!(all[7].2 > none[7].2 && all[12].2 > none[12].2 + 0.01, "{region}: {all:?} {none:?}");
        // Elsewhere nobody notices in the first tick: it comes through others.
        assert_eq!(west[7].2 == none[7].2, region == "TX", "{region}: {west:?} {none:?}");
        assert!(region == "TX" || west[12].2 > none[12].2 + 0.01, "{west:?} {none:?}");
    }
    assert!(trend(all, "sentiment")[12].1 > trend(west, "sentiment")[12].1);
    assert!(trend(west, "sentiment")[12].1 > trend(none, "sentiment")[12].1);
}

#[test]
fn variables_have_their_values_from_the_start() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let workflow = json!([
        {"type": "interview", "interview_message": "Why?", "target_agent": [5]}, {"type": "step", "steps": 10},
        {"type": "environment", "key": "economy_confidence", "value": 0.5},
    ]);
    let config = with(two_groups(workflow), "/environment/economy_confidence", json!(0.9));
    let rich = server.concluded(&config);
    let usual = server.concluded(&without(config, "/environment/economy_confidence"));
    for (results, before, words) in [(&rich, 0.9, "an economy of 0.90"), (&usual, 0.5, "an economy of 0.50")] {
        // The model keeps variables in single precision.
        let found = steps(results, "environment")[0]["before"].as_f64().unwrap();
        assert!((found - before).abs() < 1e-6, "{found}");
        let reasons = steps(results, "interview")[0]["interviews"][0]["reasons"].as_str().unwrap();
        assert!(reasons.contains(words), "{reasons}");
    }
    let adopted = |results: &Value| results["outcome_summary"]["adoption_rate"].as_f64().unwrap();
    assert!(adopted(&rich) > adopted(&usual), "{} {}", adopted(&rich), adopted(&usual));
}

#[test]
fn a_state_is_set_for_those_who_are_meant_and_nobody_else() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let stances = || survey(json!("all"), json!([question("choice", "stance")]));
    let start = server.concluded(&two_groups(json!([stances(), {"type": "step"}])));
    let supporters = counts(steps(&start, "survey")[0], 0)[2];
    for (target, agents) in [
        (json!([0, 7, 1999, 7]), 3),
        (json!({"agent_class": "rival"}), 500),
        (json!({"agent_class": ["rival", "citizen"]}), 2000),
        (json!({"filter_str": "stance == 'supporter'"}), supporters),
        (json!({"filter_str": "opinion > 0.2"}), supporters),
        (json!({"filter_str": "${profile.id} < 100 and id >= 40"}), 60),
        (json!({"filter_str": "id < 0"}), 0),
        (json!("all"), 2000),
    ] {
        let update = json!({"type": "update_state", "key": "adopted", "value": true, "target_agent": target});
        let config = two_groups(json!([update, both_answers(json!("all")), {"type": "step", "steps": 5}]));
        let [set, unset] = both(&server, &config, 0);
        let report = steps(&set, "update_state")[0];
        let wanted = json!({"step": 0, "tick": 0, "day": 0, "time": "00:00:00", "type": "update_state", "key": "adopted",
            "value": true, "agents": agents, "changed": agents});
        assert_eq!(report, &wanted, "{target}");
        assert_eq!(counts(steps(&set, "survey")[0], 0), [2000 - agents, agents], "{target}");
        assert_eq!(counts(steps(&unset, "survey")[0], 0), [2000, 0]);
        assert_eq!(mean(steps(&set, "survey")[0], 1), mean(steps(&unset, "survey")[0], 1), "opinions were not set");
        let last = |results: &Value| trend(results, "adoption_rate").last().unwrap().1;
        assert!((last(&set) > last(&unset)) == (agents > 0), "{target}: {} {}", last(&set), last(&unset));
    }

    // Numbers, of one class; what is set twice has changed once.
    let update = json!({"type": "update_state", "key": "opinion", "value": -0.75, "target_agent": {"agent_class": "rival",
        "filter_str": "opinion > -0.75"}});
    let again = with(update.clone(), "/target_agent", json!({"agent_class": "rival"}));
    let ask = |class: &str| both_answers(json!({"agent_class": class}));
    let config = two_groups(json!([update, again, ask("rival"), ask("citizen"), {"type": "step"}]));
    let set = server.concluded(&config);
    let unset = server.concluded(&without(without(config, "/workflow/0"), "/workflow/0"));
    let [first, second] = steps(&set, "update_state")[..] else { panic!("{set}") };
    assert!(first["agents"].as_u64() > Some(400) && first["agents"] == first["changed"], "{first}");
    assert_eq!(second["changed"].as_u64().unwrap(), 500 - first["agents"].as_u64().unwrap(), "{second}");
    let opinion = |results: &Value, at: usize| mean(steps(results, "survey")[at], 1);
    assert!(opinion(&set, 0) == -0.75 && opinion(&unset, 0) > -0.2, "{}", opinion(&unset, 0));
    assert_eq!(opinion(&set, 1), opinion(&unset, 1), "the other class is left alone");
}

#[test]
fn a_message_moves_those_who_hear_it_towards_its_stance() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let config = |stance: f64, strength: f64| {
        let message = json!({"type": "message", "intervene_message": "Hear!", "stance": stance, "strength": strength,
            "target_agent": {"agent_class": "rival"}});
        let ask = |class: &str| both_answers(json!({"agent_class": class}));
        two_groups(
            json!([{"type": "step", "steps": 2}, message, ask("rival"), ask("citizen"), {"type": "step", "steps": 4}]),
        )
    };
    let heard = |stance, strength| {
        let [told, untold] = both(&server, &config(stance, strength), 1);
        let report = steps(&told, "message")[0];
        assert_eq!(
            (&report["agents"], &report["tick"], &report["intervene_message"]),
            (&json!(500), &json!(2), &json!("Hear!"))
        );
        assert_eq!((&report["stance"], &report["strength"]), (&json!(stance), &json!(strength)));
        let [now, then] =
            [&told, &untold].map(|results| steps(results, "survey").iter().map(|at| mean(at, 1)).collect::<Vec<_>>());
        assert_eq!(now[1], then[1], "who did not hear it is not moved");
        let end = trend(&told, "sentiment")[6].1 - trend(&untold, "sentiment")[6].1;
        assert_eq!(trend(&told, "sentiment")[..2], trend(&untold, "sentiment")[..2]);
        (now[0] - then[0], end, report["changed"].as_u64().unwrap(), told, untold)
    };
    let (up, end, changed, ..) = heard(0.9, 1.0);
    assert!(up > 0.3 && end > 0.05 && changed == 500, "{up} {end} {changed}");
    let (weak, ..) = heard(0.9, 0.5);
    assert!((weak - up / 2.0).abs() < 1e-4, "half as strong, half as far: {weak} of {up}");
    let (down, end, ..) = heard(-0.9, 1.0);
    assert!(down < -0.3 && end < -0.05, "{down} {end}");
    let (none, _, changed, told, untold) = heard(0.9, 0.0);
    assert_eq!((none, changed), (0.0, 0));
    assert_eq!(society_of(&told), society_of(&untold), "words without strength change nothing");
}

#[test]
fn a_new_round_forgets_who_adopted_and_keeps_opinions() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let workflow = json!([
        {"type": "update_state", "key": "adopted", "value": true, "target_agent": {"filter_str": "id < 600"}},
        {"type": "step", "steps": 6}, both_answers(json!("all")), {"type": "next_round"}, both_answers(json!("all")),
        {"type": "step", "steps": 6}, both_answers(json!("all")),
    ]);
    let born = json!({"adopted": {"dist_type": "constant", "value": true}});
    let config = with(two_groups(workflow), "/agent/citizens/1/memory_distributions", born);
    let [anew, on] = both(&server, &config, 3);
    let yes = |results: &Value, at: usize| counts(steps(results, "survey")[at], 0)[1];
    assert!(yes(&anew, 0) > 600 + 350, "{}", yes(&anew, 0));
    assert_eq!(yes(&anew, 1), 500, "as they were born");
    assert_eq!([&anew, &on].map(|results| yes(results, 0)), [yes(&on, 1); 2]);
    assert!(yes(&anew, 2) < yes(&on, 2), "{} {}", yes(&anew, 2), yes(&on, 2));
    let opinions = |at: usize| steps(&anew, "survey")[at]["questions"][1].clone();
    assert_eq!(opinions(0), opinions(1), "what they think, they remember");
    let report = steps(&anew, "next_round")[0];
    assert_eq!((&report["agents"], report["changed"].as_u64().unwrap()), (&json!(2000), yes(&anew, 0) - 500));
}
