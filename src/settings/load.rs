//! Where options come from: defaults, a file, the environment, flags, each overriding the ones before. Owns the wording
//! of what is wrong with them: every error names the option, where its value came from, and what to do.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat, Source, Value, ValueKind};

use super::Settings;
use crate::error::{Error, Result};

/// What environment variables start with.
const PREFIX: &str = "CIVITAS";
/// The file that is read where none is named.
const DEFAULT_FILE: &str = "config.toml";
/// How an origin reads that no source states.
const FLAG_ORIGIN: &str = "a flag of the command line";

/// The remedy where the option's own description says more than an error can.
const MEANING: &str = "config.toml says what each option means and what it may be";

/// The remedy for an address that cannot be read.
const ADDRESS: &str = "write ADDRESS:PORT, for instance 127.0.0.1:8080 or [::1]:8080";

/// Values of flags, by option (`server.listen`).
pub type Overrides = Vec<(&'static str, String)>;

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that was named; `./config.toml`, where it exists, otherwise.
    pub file: Option<PathBuf>,
    /// Environment variables.
    pub environment: HashMap<String, String>,
    /// Flags.
    pub flags: Overrides,
}

impl Sources {
    /// The environment of this process.
    pub fn of_process(file: Option<PathBuf>, flags: Overrides) -> Self {
        // A variable that is not Unicode cannot be one of ours.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { file, environment: std::env::vars_os().filter_map(text).collect(), flags }
    }
}

/// Reads the options.
///
/// # Errors
/// [`Error::Settings`] naming the option, its source and the remedy.
pub fn load(sources: &Sources) -> Result<Settings> {
    let text = read_file(sources.file.as_deref())?;
    let built = build(text, sources).map_err(|error| describe(&error, None))?;
    let values = built.cache.clone();
    check_names(&values)?;
    let settings: Settings = built.try_deserialize().map_err(|error| describe(&error, Some(&values)))?;
    let log = &settings.log.level;
    if let Err(error) = log.parse::<tracing_subscriber::EnvFilter>() {
        return Err(wrong(&values, "log.level", &format!("is no log filter: {error}")));
    }
    match settings.out_of_bounds() {
        Some((key, problem)) => Err(wrong(&values, key, &problem)),
        None => Ok(settings),
    }
}

/// The file's name and text; a file that was named must exist.
fn read_file(named: Option<&Path>) -> Result<Option<(String, String)>> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.display().to_string(), text))),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let problem = format!("cannot read the configuration {}: {error}", path.display());
            Err(Error::settings(problem, "name a TOML file that exists with --config FILE"))
        }
    }
}

fn build(file: Option<(String, String)>, sources: &Sources) -> std::result::Result<Config, ConfigError> {
    let mut builder = Config::builder().add_source(Config::try_from(&Settings::default())?);
    if let Some((name, text)) = file {
        builder = builder.add_source(Named { name, file: File::from_str(&text, FileFormat::Toml) });
    }
    let start = format!("{PREFIX}_");
    let ours: HashMap<_, _> =
        sources.environment.iter().filter(|(name, _)| name.starts_with(&start) && is_ours(name)).collect();
    let ours = ours.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let environment =
        Environment::with_prefix(PREFIX).prefix_separator("_").separator("__").try_parsing(true).source(Some(ours));
    builder = builder.add_source(environment);
    for (key, value) in &sources.flags {
        builder = builder.set_override(key, value.as_str())?;
    }
    builder.build()
}

/// True for what is meant as an option. Other programs' variables may share the prefix, so one without a section of
/// ours is left alone.
fn is_ours(name: &str) -> bool {
    let sections = ["SERVER", "SIM", "LIMITS", "STORE", "TELEMETRY", "LOG", "OTEL"];
    let rest = name.trim_start_matches(PREFIX).trim_start_matches('_');
    name.contains("__") || sections.iter().any(|section| rest.starts_with(&format!("{section}_")))
}

/// A file's text under the file's name, which errors then state.
#[derive(Clone, Debug)]
struct Named<F> {
    name: String,
    file: F,
}

impl<F: Source + Clone + Send + Sync + 'static> Source for Named<F> {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> std::result::Result<config::Map<String, Value>, ConfigError> {
        let name = &self.name;
        let parsed = self.file.collect().map_err(|error| match error {
            ConfigError::FileParse { cause, .. } => ConfigError::FileParse { uri: Some(name.clone()), cause },
            other => other,
        })?;
        let renamed = |(key, value): (String, Value)| (key, rename(value, name));
        Ok(parsed.into_iter().map(renamed).collect())
    }
}

fn rename(value: Value, origin: &String) -> Value {
    let kind = match value.kind {
        ValueKind::Table(table) => {
            ValueKind::Table(table.into_iter().map(|(key, value)| (key, rename(value, origin))).collect())
        }
        other => other,
    };
    Value::new(Some(origin), kind)
}

/// Refuses options that do not exist: a misspelt one would otherwise be silently without effect.
fn check_names(values: &Value) -> Result<()> {
    let known = known_names();
    let ValueKind::Table(sections) = &values.kind else { return Ok(()) };
    // In order of name, so that the same mistake gives the same message.
    for (section, value) in sections.iter().collect::<BTreeMap<_, _>>() {
        let Some(names) = known.get(section) else {
            let list: Vec<_> = known.keys().map(String::as_str).collect();
            let hint = format!("there are the sections {}; options stand in config.toml", list.join(", "));
            return Err(Error::settings(
                format!("unknown option {section} in {}", origin(value)),
                environment_hint(value, hint),
            ));
        };
        let ValueKind::Table(options) = &value.kind else {
            let problem = format!("{section} in {} must be a section", origin(value));
            return Err(Error::settings(problem, format!("write [{section}] with its options below it")));
        };
        for (option, value) in options.iter().collect::<BTreeMap<_, _>>() {
            if !names.contains(option) {
                let problem = format!("unknown option {section}.{option} in {}", origin(value));
                return Err(Error::settings(problem, format!("[{section}] has: {}", names.join(", "))));
            }
        }
    }
    Ok(())
}

fn environment_hint(value: &Value, hint: String) -> String {
    match &value.kind {
        ValueKind::Table(_) => hint,
        _ => format!("write CIVITAS_SECTION__KEY with two underscores before the key; {hint}"),
    }
}

/// The options of each section, taken from the defaults.
fn known_names() -> BTreeMap<String, Vec<String>> {
    let defaults = toml::Table::try_from(Settings::default()).expect("the defaults are plain tables of plain values");
    let names = |value: &toml::Value| value.as_table().map(|table| table.keys().cloned().collect()).unwrap_or_default();
    defaults.iter().map(|(section, value)| (section.clone(), names(value))).collect()
}

/// An error about the option `key`.
fn wrong(values: &Value, key: &str, problem: &str) -> Error {
    let origin = origin_of(values, key).unwrap_or_else(|| FLAG_ORIGIN.to_owned());
    Error::settings(format!("{key} {problem} (from {origin})"), MEANING)
}

/// Where the value of `section.option` came from; `None` for a flag.
fn origin_of(values: &Value, key: &str) -> Option<String> {
    let inner = |value: &Value, name: &str| match &value.kind {
        ValueKind::Table(table) => table.get(name).cloned(),
        _ => None,
    };
    let (section, option) = key.split_once('.')?;
    let value = inner(&inner(values, section)?, option)?;
    value.origin().map(str::to_owned)
}

/// Where a value, or the first of a section that says, came from.
fn origin(value: &Value) -> &str {
    match &value.kind {
        ValueKind::Table(table) => value.origin().or_else(|| table.values().find_map(Value::origin)),
        _ => value.origin(),
    }
    .unwrap_or(FLAG_ORIGIN)
}

/// A reader's error in our words; `values` are known once every source was read.
fn describe(error: &ConfigError, values: Option<&Value>) -> Error {
    let (problem, origin, key) = match error {
        ConfigError::Type { origin, unexpected, expected, key } => {
            (format!("must be {expected}, not {unexpected}"), origin, key)
        }
        ConfigError::At { error, origin, key } => (format!("is wrong: {error}"), origin, key),
        ConfigError::FileParse { uri, cause } => {
            let uri = uri.as_deref().unwrap_or("the configuration");
            return Error::settings(format!("{uri} is not TOML: {cause}"), "correct that line");
        }
        other => return Error::settings(other.to_string(), MEANING),
    };
    let key = key.as_deref().unwrap_or("an option");
    let known = origin.clone().or_else(|| origin_of(values?, key));
    let origin = known.unwrap_or_else(|| FLAG_ORIGIN.to_owned());
    let hint = if key == "server.listen" { ADDRESS } else { MEANING };
    Error::settings(format!("{key} {problem} (from {origin})"), hint)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
