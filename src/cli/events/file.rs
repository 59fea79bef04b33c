//! Files of event scripts and bundles as bodies of requests: what a server shows can be changed and sent back as it is. It checks what
//! the server cannot know: whose version is meant, and which file it is.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Kind;
use crate::error::{Error, Result};
use crate::scenario;

/// Fields of a script or bundle that a server shows and nobody sends.
const SHOWN: [&str; 6] = ["id", "created_at", "updated_at", "created_by", "updated_by", "lasts_ticks"];
/// What of a scenario's `config` says nothing of the run that events are tried in: they are tried alone, without named agents.
const NOT_TRIED: [&str; 3] = ["scenario_patch", "targets", "target"];
/// The most that is read of standard input, in bytes: what a server takes as a body by default.
const MAX_INPUT_BYTES: u64 = 1 << 20;

/// A file, and what is said in place of it.
#[derive(Debug, Args)]
pub(super) struct Draft {
    /// What it holds, .toml or .json; - for JSON of standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its name, in place of the file's
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Project that it belongs to, in place of the file's [default: that of runs that name none]
    #[arg(long, value_name = "ID")]
    project: Option<Uuid>,
}

/// The run that something is tried in.
pub(super) struct TriedIn<'a> {
    pub(super) scenario: Option<&'a Path>,
    pub(super) model: Option<String>,
    pub(super) ticks: Option<u32>,
}

impl Draft {
    /// The body that makes it.
    pub(super) fn to_create(&self, kind: Kind) -> Result<Value> {
        let mut body = self.read(kind)?;
        for shown in SHOWN.into_iter().chain(["version"]) {
            body.remove(shown);
        }
        self.place(&mut body);
        Ok(Value::Object(body))
    }

    /// The body that writes the next version of it.
    pub(super) fn to_update(&self, kind: Kind, id: Uuid, version: Option<u32>) -> Result<Value> {
        let mut body = self.read(kind)?;
        if let Some(other) = body.get("id").and_then(Value::as_str).filter(|other| *other != id.to_string()) {
            let hint = "name that one, or take `id` out of the file";
            return Err(self.wrong(&format!("is of the {} {other}, not of {id}", kind.name()), hint));
        }
        if let Some(project) = self.project {
            let hint = "make another there with create";
            return Err(
                self.wrong(&format!("cannot go to project {project}: what is there stays in its project"), hint)
            );
        }
        for shown in SHOWN.into_iter().chain(["project_id"]) {
            body.remove(shown);
        }
        if let Some(version) = version {
            if let Some(other) = body.get("version").filter(|other| other.as_u64() != Some(u64::from(version))) {
                let hint = "leave --version out, or take `version` out of the file";
                return Err(self.wrong(&format!("is of version {other}, not of {version}"), hint));
            }
            body.insert("version".to_owned(), version.into());
        }
        if !body.contains_key("version") {
            let hint = "a change is of the version that was read: take it over from `show --json`, or give --version N";
            return Err(self.wrong("does not say its version", hint));
        }
        self.named(&mut body);
        Ok(Value::Object(body))
    }

    /// The body that has it tried.
    pub(super) fn to_try(&self, kind: Kind, run: TriedIn<'_>) -> Result<Value> {
        let mut body = self.to_create(kind)?;
        let read = |file| scenario::body(Some(file), &scenario::Changes::default());
        let scenario = run.scenario.map(read).transpose()?;
        let config = scenario.and_then(|mut scenario| match scenario.get_mut("config").map(Value::take) {
            Some(Value::Object(config)) => Some(config),
            _ => None,
        });
        let mut config = config.unwrap_or_default();
        config.retain(|field, _| !NOT_TRIED.contains(&field.as_str()));
        config.extend(run.model.map(|model| ("model".to_owned(), model.into())));
        config.extend(run.ticks.map(|ticks| ("horizon_ticks".to_owned(), ticks.into())));
        if !config.is_empty() {
            body["config"] = Value::Object(config);
        }
        Ok(body)
    }

    fn read(&self, kind: Kind) -> Result<Map<String, Value>> {
        let read = if self.file.as_os_str() == "-" { standard_input() } else { scenario::value(&self.file) };
        let what = match kind {
            Kind::Script => "an event script is the body of POST /api/v1/event-scripts",
            Kind::Bundle => "a bundle is the body of POST /api/v1/event-scripts/bundles",
        };
        let hint = format!("{what}, as TOML or JSON; docs/events.md shows one");
        match read {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(self.wrong("must hold an object", &hint)),
            Err(problem) => Err(self.wrong(&problem, &hint)),
        }
    }

    fn place(&self, body: &mut Map<String, Value>) {
        self.named(body);
        if let Some(project) = self.project {
            body.insert("project_id".to_owned(), project.to_string().into());
        }
        body.entry("project_id").or_insert_with(|| Uuid::nil().to_string().into());
    }

    fn named(&self, body: &mut Map<String, Value>) {
        body.extend(self.name.clone().map(|name| ("name".to_owned(), name.into())));
    }

    fn wrong(&self, problem: &str, hint: &str) -> Error {
        let file = if self.file.as_os_str() == "-" { "standard input".into() } else { self.file.display().to_string() };
        Error::settings(format!("{file}: {problem}"), hint)
    }
}

fn standard_input() -> std::result::Result<Value, String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > MAX_INPUT_BYTES {
        return Err(format!("has more than {MAX_INPUT_BYTES} bytes"));
    }
    serde_json::from_str(&text).map_err(|error| error.to_string())
}
