//! What a person reads of an experiment: what each step of the workflow did and found, and the metrics as lines. Pure; it
//! shows what the outcome's `experiment` holds, and nothing for runs that have none.

use std::fmt::{Result, Write};

use serde_json::{Map, Value};

use super::summary::{bar, percent, sparkline, words};

/// Width of the longest answer in a survey's table, in characters; longer ones are cut.
const ANSWER_CHARS: usize = 24;
/// Width of a text within a line, in characters; longer ones are cut.
const TEXT_CHARS: usize = 60;
/// Width of a line of an interview, in characters.
const LINE_CHARS: usize = 100;

/// Writes the section on the experiment, where the outcome has one.
pub(super) fn write(page: &mut String, outcome: &Map<String, Value>) -> Result {
    let Some(report) = outcome.get("experiment") else { return Ok(()) };
    writeln!(page, "What was done and found")?;
    for step in list(report, "steps") {
        write_step(page, step)?;
    }
    let metrics = list(report, "metrics");
    if !metrics.is_empty() {
        writeln!(page, "\nMetrics")?;
    }
    metrics.iter().try_for_each(|metric| write_metric(page, metric))?;
    writeln!(page)
}

fn write_step(page: &mut String, step: &Value) -> Result {
    let (number, day) = (whole(step, "step") + 1, whole(step, "day") + 1);
    let when = format!("tick {:>4}, day {day} {}", whole(step, "tick"), text(step, "time").get(..5).unwrap_or("?"));
    writeln!(page, "\n  {number:>2}. {when}  {}", said(step))?;
    match text(step, "type").as_str() {
        "survey" => list(step, "questions").iter().try_for_each(|question| write_question(page, question)),
        "interview" => list(step, "interviews").iter().try_for_each(|interview| write_interview(page, interview)),
        _ => Ok(()),
    }
}

/// What a step did, in a line.
fn said(step: &Value) -> String {
    let (agents, changed) = (whole(step, "agents"), whole(step, "changed"));
    let get = |name: &str| text(step, name);
    match get("type").as_str() {
        "run" => format!("{} steps of {} s begin", whole(step, "ticks"), whole(step, "ticks_per_step")),
        "environment" => {
            let (before, value) = (number(step, "before"), number(step, "value"));
            format!("{} from {before:.3} to {value:.3} in {} regions", words(&get("key")), whole(step, "regions"))
        }
        "update_state" => {
            let value = step.get("value").map(|value| value.as_str().map_or_else(|| value.to_string(), plain));
            format!("{} = {} for {agents} agents, {changed} changed", words(&get("key")), value.unwrap_or_default())
        }
        "message" => {
            let (stance, strength) = (number(step, "stance"), number(step, "strength"));
            let what = cut(&get("intervene_message"));
            format!("“{what}” (stance {stance:+}, strength {strength}) to {agents} agents, {changed} moved")
        }
        "survey" if get("title").is_empty() => format!("survey, {agents} agents"),
        "survey" => format!("survey “{}”, {agents} agents", cut(&get("title"))),
        "interview" => format!("interview: “{}”", cut(&get("interview_message"))),
        "next_round" => format!("next round for {agents} agents, {changed} had changed"),
        "metric" => format!("{} is measured from here on", get("name")),
        other => other.to_owned(),
    }
}

fn write_question(page: &mut String, question: &Value) -> Result {
    writeln!(page, "      {}", text(question, "title"))?;
    for count in list(question, "counts") {
        let answer: String = text(count, "answer").chars().take(ANSWER_CHARS).collect();
        let share = number(count, "share");
        let agents = whole(count, "agents");
        writeln!(page, "        {answer:ANSWER_CHARS$} {agents:>9} {:>7}  {}", percent(share), bar(share))?;
    }
    if let (Some(mean), Some(std)) = (question["mean"].as_f64(), question["std"].as_f64()) {
        let (min, max) = (number(question, "min"), number(question, "max"));
        writeln!(page, "        mean {mean:.3}, standard deviation {std:.3}, from {min:.3} to {max:.3}")?;
    }
    Ok(())
}

fn write_interview(page: &mut String, interview: &Value) -> Result {
    let (id, class) = (whole(interview, "agent"), text(interview, "agent_class"));
    let (region, segment) = (text(interview, "region"), words(&text(interview, "segment")));
    writeln!(page, "      agent {id}, {class}, {region}, {segment}:")?;
    wrapped(&text(interview, "reasons")).iter().try_for_each(|line| writeln!(page, "        {line}"))
}

fn write_metric(page: &mut String, metric: &Value) -> Result {
    let name: String = text(metric, "name");
    let values: Vec<f64> = list(metric, "points").iter().filter_map(|point| point["value"].as_f64()).collect();
    match (values.first(), values.last()) {
        (Some(first), Some(last)) => writeln!(page, "  {name:24} {first:>8.3} {} {last:.3}", sparkline(&values)),
        _ => writeln!(page, "  {name:24} no values"),
    }
}

/// The text, or as much of it as fits within a line.
fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_CHARS {
        return text.to_owned();
    }
    text.chars().take(TEXT_CHARS - 1).chain(['…']).collect()
}

/// The words in lines of some width.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn whole(of: &Value, name: &str) -> u64 {
    of.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn number(of: &Value, name: &str) -> f64 {
    of.get(name).and_then(Value::as_f64).unwrap_or_default()
}

fn text(of: &Value, name: &str) -> String {
    of.get(name).and_then(Value::as_str).map(plain).unwrap_or_default()
}

/// Text of a file on one line: it must not move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Catalogue, Simulation};

    use super::*;
    use crate::experiment::ExperimentBody;

    #[test]
    fn every_type_of_step_has_its_lines() {
        let body: ExperimentBody = serde_json::from_str(include_str!("../../scenarios/campaign.json")).unwrap();
        let spec = body.draft().unwrap().spec;
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap().canonical_json();
        let outcome: Map<String, Value> = serde_json::from_slice(&outcome).unwrap();
        let mut page = String::new();
        write(&mut page, &outcome).unwrap();
        for part in [
            "   1. tick    0, day 1 08:00  survey “Before the campaign”, 2000 agents",
            "      What do you think of it?",
            "neutral",
            "█",
            "mean ",
            "   2. tick    0, day 1 08:00  16 steps of 7200 s begin",
            "   3. tick   16, day 3 08:00  media sentiment from 0.500 to 0.800 in 3 regions",
            "“Your neighbours save money with it. Try it for a month.” (stance +0.8, strength 0.6) to ",
            "opinion in California is measured from here on",
            "interview: “Do you have it, and why?”",
            "      agent 1999, ",
            "        My opinion is ",
            "next round for 2000 agents, ",
            "adopted = true for ",
            "4 steps of 14400 s begin",
            "Metrics\n  adoption ",
        ] {
            assert!(page.contains(part), "no {part:?} in\n{page}");
        }
        assert!(page.lines().all(|line| line.chars().count() <= 140), "{page}");
    }

    #[test]
    fn runs_without_a_workflow_have_no_section() {
        let mut page = String::new();
        write(&mut page, &Map::new()).unwrap();
        assert_eq!(page, "");
    }

    #[test]
    fn texts_of_files_stay_on_their_line() {
        assert_eq!(plain("a\u{1b}[2J\nb"), "a [2J b");
        assert_eq!(wrapped(&"word ".repeat(30)).len(), 2);
        assert_eq!(wrapped(""), Vec::<String>::new());
        assert_eq!((cut("short"), cut(&"x".repeat(99))), ("short".to_owned(), format!("{}…", "x".repeat(59))));
    }
}
