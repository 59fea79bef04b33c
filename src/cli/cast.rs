//! The flags with which a run names agents: a persona whose copies go their way, or targets inside the society, and what is to be
//! reached. Owns how they are written on a command line; what they mean, and which go together, is said where a request's are.

use std::path::Path;

use civitas_engine::MAX_COPIES;
use clap::{Args, value_parser};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::scenario::{self, CastChanges};

/// Ways to compare, as they are written, and as the API calls them; the longer come first.
const COMPARISONS: [(&str, &str); 6] =
    [(">=", "at_least"), ("<=", "at_most"), ("==", "equals"), (">", "above"), ("<", "below"), ("=", "equals")];

/// The flags.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Named agents (docs/modes.md)")]
pub(super) struct CastArgs {
    /// What kind of question it asks: society, target or hybrid [default: what the flags below ask, else the scenario's]
    #[arg(long, value_name = "MODE", value_parser = ["society", "target", "hybrid"], hide_possible_values = true)]
    mode: Option<String>,
    /// Steps copies of one persona: region=CA,segment=laggards,opinion=-0.4, or a file that says so
    #[arg(long, value_name = "WHO|FILE", conflicts_with = "targets")]
    persona: Option<String>,
    /// How many copies [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "targets")]
    #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MAX_COPIES)))]
    copies: Option<u32>,
    /// Run of the server whose society the copies live in
    #[arg(long, value_name = "RUN", conflicts_with = "targets")]
    society: Option<Uuid>,
    /// That society tick by tick (recorded, the default) or as it was on average (mean)
    #[arg(long, value_name = "WHICH", requires = "society", value_parser = ["recorded", "mean"], hide_possible_values = true)]
    environment: Option<String>,
    /// Names an agent inside the society: Ada, Ada:region=CA,opinion=0.9, Ben:agent=7, or a file; may be given several times
    #[arg(long = "target", id = "targets", value_name = "NAME[:WHO]|FILE")]
    targets: Vec<String>,
    /// What is to be reached: adopted=true, 'opinion>0.5', 'metric:sentiment<=0.2'; several must all hold
    #[arg(long, value_name = "CONDITION")]
    goal: Vec<String>,
}

impl CastArgs {
    /// What they say, in the words of a request.
    ///
    /// # Errors
    /// [`Error::Settings`] for what cannot be understood, with how it is written.
    pub(super) fn changes(&self) -> Result<CastChanges> {
        let goal = self.goal.iter().map(|text| condition(text)).collect::<Result<Vec<Value>>>()?;
        let targets = self.targets.iter().map(|text| target(text, &goal)).collect::<Result<Vec<_>>>()?;
        let mut copies = Map::new();
        if let Some(text) = &self.persona {
            copies.insert("persona".to_owned(), Value::Object(persona(text)?));
        }
        copies.extend(self.copies.map(|copies| ("copies".to_owned(), copies.into())));
        if let Some(run) = self.society {
            let environment = self.environment.as_deref().unwrap_or("recorded");
            copies.insert("society".to_owned(), json!({"run_id": run, "environment": environment}));
        }
        if targets.is_empty() && !goal.is_empty() {
            if self.mode.as_deref() == Some("hybrid") {
                let hint = "name them with --target, or give each its goal in the scenario file";
                return Err(Error::settings("--goal is of the agents that --target names, and none is named", hint));
            }
            copies.insert("goal".to_owned(), goal.into());
        }
        let asked = if !targets.is_empty() {
            Some("hybrid".to_owned())
        } else {
            (!copies.is_empty()).then(|| "target".to_owned())
        };
        Ok(CastChanges { mode: self.mode.clone().or(asked), target: copies, targets })
    }

    /// Refuses what only a server can do.
    ///
    /// # Errors
    /// [`Error::Remote`] where a society is named.
    pub(super) fn must_be_local(&self) -> Result<()> {
        match self.society {
            None => Ok(()),
            Some(_) => Err(Error::Remote {
                problem: "--society names a run of a server, and none is named".to_owned(),
                hint: Some(
                    "name it with --server URL; without --society the copies live in a society as the model makes it"
                        .to_owned(),
                ),
            }),
        }
    }
}

/// A persona of `NAME=VALUE,...`, or of a file.
fn persona(text: &str) -> Result<Map<String, Value>> {
    if text.contains('=') { who(text, &["region", "segment"]) } else { of_file(text) }
}

/// A target of `NAME`, `NAME:NAME=VALUE,...` or a file; with this goal, where it has none.
fn target(text: &str, goal: &[Value]) -> Result<Value> {
    let mut found = match text.split_once(':') {
        _ if is_file(text) => of_file(text)?,
        None if text.contains('=') => {
            let hint = "write NAME:WHO, for instance Ada:region=CA,opinion=0.9";
            return Err(Error::settings(format!("--target {text}: the name is missing"), hint));
        }
        None => Map::from_iter([("name".to_owned(), text.into())]),
        Some((name, rest)) => {
            let mut found = who(rest, &["region", "segment", "agent"])?;
            found.insert("name".to_owned(), name.into());
            found
        }
    };
    if !goal.is_empty() {
        found.entry("goal").or_insert_with(|| goal.into());
    }
    Ok(Value::Object(found))
}

/// Reads `NAME=VALUE,...`: fields of these names, and traits.
fn who(text: &str, fields: &[&str]) -> Result<Map<String, Value>> {
    let (mut found, mut traits) = (Map::new(), Map::new());
    for part in text.split(',') {
        let Some((name, value)) = part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            let hint = "write NAME=VALUE,... with region, segment and traits, for instance region=CA,opinion=-0.4";
            return Err(Error::settings(format!("{part:?} is not NAME=VALUE"), hint));
        };
        let (into, value) = match fields.contains(&name) {
            // A region's code may be of digits.
            true if name != "agent" => (&mut found, value.into()),
            true => (&mut found, scalar(value)),
            false => (&mut traits, scalar(value)),
        };
        if into.insert(name.to_owned(), value).is_some() {
            return Err(Error::settings(format!("{name} is given twice in {text:?}"), "leave one of them out"));
        }
    }
    if !traits.is_empty() {
        found.insert("traits".to_owned(), Value::Object(traits));
    }
    Ok(found)
}

/// Reads a condition of a goal.
fn condition(text: &str) -> Result<Value> {
    let wrong = || {
        let hint = "write TRAIT=VALUE, or in quotes 'TRAIT>NUMBER' with >, >=, < or <=; metric:NAME for the agent's part in a metric";
        Error::settings(format!("--goal {text}: that is no condition"), hint)
    };
    let place = text.find(['<', '>', '=']).ok_or_else(wrong)?;
    let (subject, rest) = text.split_at(place);
    let known = COMPARISONS.iter().find_map(|(sign, word)| Some((*word, rest.strip_prefix(sign)?)));
    let (word, value) = known.ok_or_else(wrong)?;
    let (subject, value) = (subject.trim(), value.trim());
    let (kind, name) = subject.split_once(':').unwrap_or(("trait", subject));
    if name.is_empty() || value.is_empty() || !matches!(kind, "trait" | "metric") {
        return Err(wrong());
    }
    Ok(json!({kind: name, word: scalar(value)}))
}

/// A number, true or false, or else a label.
fn scalar(text: &str) -> Value {
    match text.parse::<bool>() {
        Ok(flag) => flag.into(),
        Err(_) => match text.parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => {
                text.parse::<f64>().ok().filter(|number| number.is_finite()).map_or_else(|| text.into(), Value::from)
            }
        },
    }
}

fn is_file(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|end| end == "toml" || end == "json")
}

fn of_file(text: &str) -> Result<Map<String, Value>> {
    let hint = "a persona's file has region, segment and traits, a target's name, agent and goal besides, as TOML or JSON; docs/modes.md says more";
    match scenario::value(Path::new(text)) {
        Ok(Value::Object(found)) => Ok(found),
        Ok(_) => Err(Error::settings(format!("{text}: must hold an object"), hint)),
        Err(problem) => Err(Error::settings(format!("{text}: {problem}"), hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(args: CastArgs) -> Value {
        let CastChanges { mode, target, targets } = args.changes().unwrap();
        json!({"mode": mode, "target": target, "targets": targets})
    }

    #[test]
    fn a_persona_is_written_in_pairs() {
        let args = CastArgs {
            persona: Some("region=06, opinion=-0.4,adopted=false,stage=late".to_owned()),
            goal: vec!["adopted=true".to_owned(), "metric:sentiment >= 0.5".to_owned()],
            copies: Some(50),
            ..CastArgs::default()
        };
        let traits = json!({"opinion": -0.4, "adopted": false, "stage": "late"});
        let goal = json!([{"trait": "adopted", "equals": true}, {"metric": "sentiment", "at_least": 0.5}]);
        let target = json!({"persona": {"region": "06", "traits": traits}, "copies": 50, "goal": goal});
        assert_eq!(said(args), json!({"mode": "target", "target": target, "targets": []}));
        assert_eq!(said(CastArgs::default()), json!({"mode": null, "target": {}, "targets": []}));
    }

    #[test]
    fn targets_have_names_and_the_goal_of_all() {
        let args = CastArgs {
            targets: vec!["Ada:region=CA,opinion=1".to_owned(), "Ben:agent=7".to_owned(), "Cy".to_owned()],
            goal: vec!["opinion<0".to_owned()],
            ..CastArgs::default()
        };
        let goal = json!([{"trait": "opinion", "below": 0}]);
        let targets = json!([{"name": "Ada", "region": "CA", "traits": {"opinion": 1}, "goal": goal},
            {"name": "Ben", "agent": 7, "goal": goal}, {"name": "Cy", "goal": goal}]);
        assert_eq!(said(args), json!({"mode": "hybrid", "target": {}, "targets": targets}));
    }

    #[test]
    fn what_cannot_be_read_says_how_it_is_written() {
        for text in ["opinion", ">0.5", "opinion>", "agent:opinion>1", "opinion=>1"] {
            let args = CastArgs { goal: vec![text.to_owned()], ..CastArgs::default() };
            match args.changes() {
                Err(error) => assert!(error.hint().unwrap().contains("TRAIT=VALUE"), "{text}"),
                // What stands behind the sign is a label.
                Ok(_) => assert_eq!(text, "opinion=>1"),
            }
        }
        for text in ["region=CA,opinion", "region=CA,region=NY", "nowhere.toml", "somebody"] {
            assert!(persona(text).unwrap_err().hint().is_some(), "{text}");
        }
        for text in ["region=CA", "nobody.json"] {
            assert!(target(text, &[]).unwrap_err().hint().is_some(), "{text}");
        }
    }
}
