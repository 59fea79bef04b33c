//! Scenario files: a run to create, as TOML or JSON, in the words of POST /api/v1/runs. Owns the choice of format and
//! the bundled scenario; fields and defaults are [`crate::http::wire::create`]'s.

use std::fs;
use std::path::Path;

use civitas_engine::EngineError;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::http::wire::create::{CreateRun, Draft};
use crate::http::wire::decode;
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;

/// The scenario that is run where none is named.
const BUNDLED: &str = include_str!("../scenarios/us-adoption.toml");
/// The largest scenario file, in bytes: the same as a request's body by default.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What the command line says in place of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Number of agents.
    pub agents: Option<u32>,
    /// Number of ticks.
    pub ticks: Option<u32>,
    /// The seed.
    pub seed: Option<u64>,
}

/// Reads a scenario file, or the bundled one, and applies `changes`.
///
/// # Errors
/// [`Error::Scenario`] with the file and the field.
pub fn load(file: Option<&Path>, changes: Changes) -> Result<Draft> {
    let wrong = |problem: String| Error::Scenario { origin: origin(file), problem };
    let body = match file {
        None => parse(BUNDLED, Format::Toml),
        Some(file) => read(file).and_then(|text| parse(&text, Format::of(file)?)),
    };
    body.and_then(|body| applied(body, changes).draft().map_err(|error| error.detail)).map_err(wrong)
}

/// Reads a scenario file, or the bundled one, as the JSON body of POST /api/v1/runs, with `changes` in place of what it says. What
/// its fields may be is the server's to say.
///
/// # Errors
/// [`Error::Scenario`] with the file, where it cannot be read or is no object.
pub fn body(file: Option<&Path>, changes: Changes) -> Result<Value> {
    let wrong = |problem: String| Error::Scenario { origin: origin(file), problem };
    let read_as = |text: &str, format| match format {
        Format::Json => serde_json::from_str::<Value>(text).map_err(|error| error.to_string()),
        Format::Toml => toml::from_str::<Value>(text).map_err(|error| error.to_string()),
    };
    let body = match file {
        None => read_as(BUNDLED, Format::Toml),
        Some(file) => read(file).and_then(|text| read_as(&text, Format::of(file)?)),
    };
    let mut body = body.map_err(wrong)?;
    let place = |body: &mut Value, path: &[&str], value: Value| -> bool {
        let mut at = body;
        for name in path {
            match at {
                Value::Object(fields) => at = fields.entry(*name).or_insert_with(|| Value::Object(Map::new())),
                _ => return false,
            }
        }
        *at = value;
        true
    };
    let said = [
        (&["config", "population", "agents"][..], changes.agents.map(Value::from)),
        (&["config", "horizon_ticks"], changes.ticks.map(Value::from)),
        (&["config", "seed"], changes.seed.map(Value::from)),
    ];
    for (path, value) in said {
        if value.is_some_and(|value| !place(&mut body, path, value)) {
            return Err(wrong(format!("{} cannot be set: what holds it is no object", path.join("."))));
        }
    }
    if body.is_object() { Ok(body) } else { Err(wrong("must be an object".to_owned())) }
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

fn parse(text: &str, format: Format) -> std::result::Result<CreateRun, String> {
    match format {
        Format::Json => decode::json(text.as_bytes()).map(|Object(body)| body).map_err(|error| error.detail),
        Format::Toml => {
            let reader = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
            decode::other(reader).map(|Object(body)| body)
        }
    }
}

fn applied(mut body: CreateRun, changes: Changes) -> CreateRun {
    let mut config = body.config.unwrap_or_default();
    let mut population = config.population.unwrap_or_default();
    population.agents = changes.agents.map(|agents| Whole(agents.into())).or(population.agents);
    config.population = Some(population);
    config.horizon_ticks = changes.ticks.map(|ticks| Whole(ticks.into())).or(config.horizon_ticks);
    config.seed = changes.seed.map(|seed| Whole(seed.into())).or(config.seed);
    body.config = Some(config);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(name: &str, text: &str) -> Result<Draft> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        load(Some(&file), Changes::default())
    }

    #[test]
    fn the_bundled_scenario_is_as_described() {
        let draft = load(None, Changes::default()).unwrap();
        let spec = draft.plan.spec;
        assert_eq!((spec.population.agents, spec.horizon_ticks, spec.seed), (100_000, 100, 42));
        assert_eq!(spec.variable_deltas.get("economy_confidence"), Some(&0.1));
    }

    #[test]
    fn flags_win_over_the_file() {
        let changes = Changes { agents: Some(500), ticks: Some(7), seed: Some(u64::MAX) };
        let spec = load(None, changes).unwrap().plan.spec;
        assert_eq!((spec.population.agents, spec.horizon_ticks, spec.seed), (500, 7, u64::MAX));
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
            load(Some(Path::new("/nowhere.toml")), Changes::default())
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
