//! Scenario files: a run to create, as TOML or JSON, in the words of POST /api/v1/runs. Owns the choice of format and
//! the bundled scenario; fields and defaults are [`crate::http::wire::create`]'s.

use std::fs;
use std::path::Path;

use civitas_engine::EngineError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::http::wire::cast::ensemble::EnsembleBody;
use crate::http::wire::create::{CreateRun, Draft};
use crate::http::wire::decode;
use crate::http::wire::object::Object;

/// The scenario that is run where none is named.
const BUNDLED: &str = include_str!("../scenarios/us-adoption.toml");
/// The largest scenario file, in bytes: the same as a request's body by default.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Levels of a body that are laid over each other: the body, `config`, and `config.population` or `config.target`.
const MERGED_DEPTH: usize = 3;

/// What the command line says in place of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Number of agents.
    pub agents: Option<u32>,
    /// Number of ticks.
    pub ticks: Option<u32>,
    /// The seed.
    pub seed: Option<u64>,
    /// A bundle of event scripts that the run goes through.
    pub bundle: Option<Uuid>,
    /// True where the bundle's impact is told apart from all else.
    pub attribution: bool,
    /// Whom the run names, as fields of the body of POST /api/v1/runs.
    pub cast: CastChanges,
}

/// Whom the command line names, in the words of POST /api/v1/runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CastChanges {
    /// The mode.
    pub mode: Option<String>,
    /// Fields of `config.target`; those that are not here are the file's.
    pub target: Map<String, Value>,
    /// `config.targets`, in place of the file's.
    pub targets: Vec<Value>,
}

impl Changes {
    /// The body that says nothing else.
    fn said(&self) -> Value {
        let mut config = json!({});
        let mut body = json!({});
        if let Some(agents) = self.agents {
            config["population"] = json!({"agents": agents});
        }
        if let Some(ticks) = self.ticks {
            config["horizon_ticks"] = ticks.into();
        }
        if let Some(seed) = self.seed {
            config["seed"] = seed.into();
        }
        if !self.cast.target.is_empty() {
            config["target"] = Value::Object(self.cast.target.clone());
        }
        if !self.cast.targets.is_empty() {
            config["targets"] = self.cast.targets.clone().into();
        }
        if let Some(bundle) = self.bundle {
            body["scenario_patch"] = json!({"event_bundle_id": bundle});
        }
        if self.attribution {
            body["scenario_patch"]["attribution"] = true.into();
        }
        if let Some(mode) = &self.cast.mode {
            body["mode"] = mode.as_str().into();
        }
        body["config"] = config;
        body
    }

    /// True where copies are asked for and not how many agents: then a file's number of agents is not theirs.
    fn drops_agents(&self) -> bool {
        self.agents.is_none() && !self.cast.target.is_empty()
    }
}

/// Reads a scenario file, or the bundled one, and applies `changes`.
///
/// # Errors
/// [`Error::Scenario`] with the file and the field.
pub fn load(file: Option<&Path>, changes: &Changes) -> Result<Draft> {
    let wrong = |problem: String| Error::Scenario { origin: origin(file), problem };
    let body = match file {
        None => parse(BUNDLED, Format::Toml),
        Some(file) => read(file).and_then(|text| parse(&text, Format::of(file)?)),
    };
    body.and_then(|body| applied(body, changes)?.draft().map_err(|error| error.detail)).map_err(wrong)
}

/// Reads a scenario file, or the bundled one, as the JSON body of POST /api/v1/runs, with `changes` in place of what it says. What
/// its fields may be is the server's to say.
///
/// # Errors
/// [`Error::Scenario`] with the file, where it cannot be read or is no object.
pub fn body(file: Option<&Path>, changes: &Changes) -> Result<Value> {
    let wrong = |problem: String| Error::Scenario { origin: origin(file), problem };
    let body = match file {
        // All that the bundled scenario says is as in the society that is named.
        None if changes.cast.target.contains_key("society") => Ok(json!({})),
        None => read_as(BUNDLED, Format::Toml),
        Some(file) => value(file),
    };
    let mut body = body.map_err(wrong)?;
    if !body.is_object() {
        return Err(wrong("must be an object".to_owned()));
    }
    let forget = |body: &mut Value, path: &str, dropped: &[&str]| {
        if let Some(fields) = body.pointer_mut(path).and_then(Value::as_object_mut) {
            fields.retain(|name, _| !dropped.contains(&name.as_str()));
        }
    };
    if changes.drops_agents() {
        forget(&mut body, "/config/population", &["agents"]);
    }
    // What the file says of another bundle is not said of this one.
    let named = body.pointer("/scenario_patch/event_bundle_id").and_then(Value::as_str).map(str::to_owned);
    if changes.bundle.is_some_and(|bundle| named != Some(bundle.to_string())) {
        forget(&mut body, "/scenario_patch", &["event_bundle", "event_bundle_version", "attribution"]);
    }
    lay_over(&mut body, changes.said(), 0);
    Ok(body)
}

/// What a file of TOML or JSON holds, whatever it is.
///
/// # Errors
/// What is wrong, as the rest of a sentence about the file.
pub(crate) fn value(file: &Path) -> std::result::Result<Value, String> {
    read(file).and_then(|text| read_as(&text, Format::of(file)?))
}

/// The error for a scenario that reads well but that the engine refuses.
pub fn refused(file: Option<&Path>, error: &EngineError) -> Error {
    Error::Scenario { origin: origin(file), problem: error.to_string() }
}

fn origin(file: Option<&Path>) -> String {
    file.map_or_else(|| "(bundled)".to_owned(), |file| file.display().to_string())
}

/// How a scenario is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Toml,
    Json,
}

impl Format {
    fn of(file: &Path) -> std::result::Result<Self, String> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => Ok(Self::Toml),
            Some("json") => Ok(Self::Json),
            _ => Err("the file's name must end in .toml or .json".to_owned()),
        }
    }
}

fn read(file: &Path) -> std::result::Result<String, String> {
    let size = fs::metadata(file).map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))
}

fn read_as(text: &str, format: Format) -> std::result::Result<Value, String> {
    match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        Format::Toml => toml::from_str(text).map_err(|error| error.to_string()),
    }
}

fn parse(text: &str, format: Format) -> std::result::Result<CreateRun, String> {
    match format {
        Format::Json => decode::json(text.as_bytes()).map(|Object(body)| body).map_err(|error| error.detail),
        Format::Toml => {
            let reader = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
            decode::other(reader).map(|Object(body)| body)
        }
    }
}

/// Lays what is said over a body, field by field down to the fields of `config.target`, each of which is taken whole. What should be
/// an object in the body and is none stays, for the server to refuse.
fn lay_over(body: &mut Value, said: Value, depth: usize) {
    match (&mut *body, said) {
        (Value::Object(fields), Value::Object(said)) if depth < MERGED_DEPTH => {
            for (name, value) in said {
                lay_over(fields.entry(name).or_insert(Value::Null), value, depth + 1);
            }
        }
        (Value::Null, said) => *body = said,
        (_, Value::Object(_)) if depth < MERGED_DEPTH => {}
        (_, said) => *body = said,
    }
}

fn applied(mut body: CreateRun, changes: &Changes) -> std::result::Result<CreateRun, String> {
    let said = changes.said().to_string();
    let Object(said): Object<CreateRun> = decode::json(said.as_bytes()).map_err(|error| error.detail)?;
    let (mut config, over) = (body.config.unwrap_or_default(), said.config.unwrap_or_default());
    let mut population = config.population.unwrap_or_default();
    population.agents = population.agents.filter(|_| !changes.drops_agents());
    population.agents = over.population.and_then(|over| over.agents).or(population.agents);
    config.population = Some(population);
    config.horizon_ticks = over.horizon_ticks.or(config.horizon_ticks);
    config.seed = over.seed.or(config.seed);
    config.targets = over.targets.or(config.targets);
    config.target = match (config.target, over.target) {
        (Some(base), Some(over)) => Some(EnsembleBody {
            persona: over.persona.or(base.persona),
            copies: over.copies.or(base.copies),
            goal: over.goal.or(base.goal),
            society: over.society.or(base.society),
        }),
        (base, over) => over.or(base),
    };
    body.scenario_patch = match (body.scenario_patch, said.scenario_patch) {
        (Some(base), Some(over)) => Some(base.merged(over)),
        (base, over) => over.or(base),
    };
    body.mode = said.mode.or(body.mode);
    body.config = Some(config);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(name: &str, text: &str) -> Result<Draft> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        load(Some(&file), &Changes::default())
    }

    #[test]
    fn the_bundled_scenario_is_as_described() {
        let draft = load(None, &Changes::default()).unwrap();
        let spec = draft.plan.spec;
        assert_eq!((spec.population.agents, spec.horizon_ticks, spec.seed), (100_000, 100, 42));
        assert_eq!(spec.variable_deltas.get("economy_confidence"), Some(&0.1));
    }

    #[test]
    fn flags_win_over_the_file() {
        let changes = Changes { agents: Some(500), ticks: Some(7), seed: Some(u64::MAX), ..Changes::default() };
        let spec = load(None, &changes).unwrap().plan.spec;
        assert_eq!((spec.population.agents, spec.horizon_ticks, spec.seed), (500, 7, u64::MAX));
    }

    #[test]
    fn a_server_is_sent_what_is_run_here() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        let written = json!({"mode": "target", "config": {"seed": 7, "population": {"agents": 9},
            "target": {"copies": 9, "persona": {"region": "CA"}, "goal": {"trait": "adopted", "equals": true}}},
            "scenario_patch": {"event_bundle_id": Uuid::from_u128(1), "event_bundle_version": 3}});
        fs::write(&file, written.to_string()).unwrap();
        let persona = Map::from_iter([("persona".to_owned(), json!({"region": "NY"}))]);
        let cast = CastChanges { mode: None, target: persona, targets: Vec::new() };
        let changes = Changes { bundle: Some(Uuid::from_u128(2)), ticks: Some(5), cast, ..Changes::default() };
        let sent = body(Some(&file), &changes).unwrap();
        assert_eq!(sent["scenario_patch"], json!({"event_bundle_id": Uuid::from_u128(2)}), "of that bundle alone");
        assert_eq!((&sent["config"]["population"], &sent["config"]["seed"]), (&json!({}), &json!(7)));
        let target = json!({"copies": 9, "persona": {"region": "NY"}, "goal": {"trait": "adopted", "equals": true}});
        assert_eq!(sent["config"]["target"], target);
        fs::write(&file, sent.to_string()).unwrap();
        assert_eq!(load(Some(&file), &Changes::default()).unwrap().plan.spec.population.agents, 9);
        // A bundle that the file writes out gives way to the one that is named.
        let written = json!({"scenario_patch": {"event_bundle": {"scripts": []}, "attribution": true}});
        fs::write(&file, written.to_string()).unwrap();
        assert_eq!(body(Some(&file), &changes).unwrap()["scenario_patch"], sent["scenario_patch"]);
        // What is wrong in the file stays, for the server to refuse.
        fs::write(&file, r#"{"config": 5}"#).unwrap();
        assert_eq!(body(Some(&file), &changes).unwrap()["config"], json!(5));
    }

    #[test]
    fn toml_and_json_mean_the_same() {
        let toml =
            load_text("a.toml", "name = \"A\"\n[config]\nseed = 7\n[config.network]\nrewiring = 0.3\nmean_degree = 8")
                .unwrap();
        let json = load_text(
            "a.json",
            r#"{"name": "A", "config": {"seed": 7, "network": {"rewiring": 0.3, "mean_degree": 8}}}"#,
        );
        assert_eq!(toml, json.unwrap());
    }

    #[test]
    fn mistakes_name_the_file_and_the_field() {
        for (name, text, parts) in [
            ("a.toml", "[config]\nhorizon_tics = 1", &["a.toml", "config.horizon_tics is not a known field"][..]),
            ("a.toml", "[config]\nhorizon_ticks = 0", &["horizon_ticks must be between 1 and 1000"]),
            ("a.toml", "[config]\nseed = \"x\"", &["config.seed must be a whole number, not string \"x\""]),
            (
                "a.toml",
                "[config.scheduler]\nsample_rate = nan",
                &["config.scheduler.sample_rate must be a finite number"],
            ),
            ("a.toml", "[config", &["TOML parse error at line 1"]),
            ("a.json", "{", &["a.json", "line 1"]),
            ("a.json", "[]", &["the body must be an object"]),
            ("a.yaml", "", &["must end in .toml or .json"]),
        ] {
            let said = load_text(name, text).unwrap_err().to_string();
            for part in parts {
                assert!(said.contains(part), "{name} {text}: {said}");
            }
        }
        assert!(
            load(Some(Path::new("/nowhere.toml")), &Changes::default())
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
