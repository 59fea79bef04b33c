//! `civitas events`: event scripts of a server, and bundles of them, which have the same operations. Owns the flags and what is
//! asked in which order; how a file becomes a body is `file`'s matter, what a person reads `page`'s.

mod file;
mod page;

use std::path::PathBuf;
use std::process::ExitCode;

use civitas_engine::MAX_HORIZON_TICKS;
use clap::{Args, Subcommand, value_parser};
use serde_json::Value;
use uuid::Uuid;

use super::remote::{RemoteArgs, Server};
use super::{Common, FAILED, print_line};
use crate::error::Result;
use file::{Draft, TriedIn};

const EXAMPLES: &str = "Examples:
  civitas events create shock.toml
  civitas events list
  civitas events show SCRIPT --json > shock.json
  civitas events update SCRIPT shock.json          its next version, of the one that was shown
  civitas events validate shock.toml --ticks 50    what a run of 50 ticks would refuse
  civitas events bundles create winter.toml
  civitas run --bundle BUNDLE --server URL

A script's file is the body of POST /api/v1/event-scripts as TOML or JSON, - is JSON of standard
input:
  name = \"Fuel shock\"
  [[effects]]
  variable = \"price_sensitivity\"
  operation = \"add\"
  value = 0.4
  regions = [\"TX\", \"LA\"]
  intensity = { shape = \"pulse\", ticks = 6 }

A server is asked: that of --server, else the one that listens on this machine. Exit codes: 0
done, 1 failed or not valid, 2 wrong usage.";

const BUNDLE_EXAMPLES: &str = "Examples:
  civitas events bundles create winter.toml
  civitas events bundles validate winter.toml --scenario my-scenario.toml
  civitas events bundles show BUNDLE

A bundle's file is the body of POST /api/v1/event-scripts/bundles as TOML or JSON:
  name = \"A hard winter\"
  order = \"sequential\"
  scripts = [{ script_id = \"SCRIPT\", offset_ticks = 10 }, { script_id = \"OTHER\" }]";

/// What `events` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct EventsArgs {
    #[command(subcommand)]
    command: EventsCommand,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    #[command(flatten)]
    Scripts(Operation),
    /// The same for bundles, which put scripts on a time line.
    #[command(after_help = BUNDLE_EXAMPLES)]
    Bundles {
        #[command(subcommand)]
        operation: Operation,
    },
}

/// What can be done with scripts, and with bundles.
#[derive(Debug, Subcommand)]
enum Operation {
    /// List what there is, newest first.
    List {
        /// Only what belongs to this project
        #[arg(long, value_name = "ID")]
        project: Option<Uuid>,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=100))]
        limit: u32,
        /// How many to pass over
        #[arg(long, value_name = "N", default_value_t = 0)]
        skip: u32,
        #[command(flatten)]
        flags: Flags,
    },
    /// Show one with all that it holds.
    Show {
        /// The event script, or the bundle
        #[arg(value_name = "ID")]
        id: Uuid,
        #[command(flatten)]
        flags: Flags,
    },
    /// Make one of a file.
    Create {
        #[command(flatten)]
        draft: Draft,
        #[command(flatten)]
        flags: Flags,
    },
    /// Write the next version of one, whole, of a file.
    Update {
        /// The event script, or the bundle
        #[arg(value_name = "ID")]
        id: Uuid,
        #[command(flatten)]
        draft: Draft,
        /// Version that was read, where the file does not say it; where another is there, nothing changes
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        #[command(flatten)]
        flags: Flags,
    },
    /// Remove one; runs that used it keep what they had of it.
    Delete {
        /// The event script, or the bundle
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Only this version; where another is there, nothing changes
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        #[command(flatten)]
        flags: Flags,
    },
    /// Try one in a run: all that the run would refuse of it. Nothing is stored.
    Validate {
        #[command(flatten)]
        draft: Draft,
        /// Scenario whose model, data set and horizon are meant, .toml or .json [default: a run's defaults]
        #[arg(long, value_name = "SCENARIO")]
        scenario: Option<PathBuf>,
        /// Model, in place of the scenario's
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        /// Number of ticks, in place of the scenario's
        #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(MAX_HORIZON_TICKS)))]
        ticks: Option<u32>,
        #[command(flatten)]
        flags: Flags,
    },
}

/// Flags of every operation.
#[derive(Debug, Args)]
struct Flags {
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Configuration to read [default: ./config.toml where it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Which of the two is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Script,
    Bundle,
}

impl Kind {
    /// Where the API has them.
    fn path(self) -> &'static str {
        match self {
            Self::Script => "/event-scripts",
            Self::Bundle => "/event-scripts/bundles",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Script => "event script",
            Self::Bundle => "bundle",
        }
    }
}

/// Does what is asked with scripts or bundles.
pub(super) fn events(args: EventsArgs) -> Result<ExitCode> {
    let (kind, operation) = match args.command {
        EventsCommand::Scripts(operation) => (Kind::Script, operation),
        EventsCommand::Bundles { operation } => (Kind::Bundle, operation),
    };
    let path = kind.path();
    match operation {
        Operation::List { project, limit, skip, flags } => {
            let of = project.map(|project| format!("&project_id={project}")).unwrap_or_default();
            answered(&flags, |server| server.get(&format!("{path}?limit={limit}&skip={skip}{of}")), page::listed)
        }
        Operation::Show { id, flags } => answered(&flags, |server| server.get(&format!("{path}/{id}")), page::shown),
        Operation::Create { draft, flags } => {
            let body = draft.to_create(kind)?;
            answered(&flags, |server| server.post(path, Some(&body)), |made| said(kind, made, "made"))
        }
        Operation::Update { id, draft, version, flags } => {
            let body = draft.to_update(kind, id, version)?;
            let put = |server: &Server| server.send("PUT", &format!("{path}/{id}"), Some(&body));
            answered(&flags, put, |now| said(kind, now, "written"))
        }
        Operation::Delete { id, version, flags } => {
            let of = version.map(|version| format!("?version={version}")).unwrap_or_default();
            let remove = |server: &Server| server.send("DELETE", &format!("{path}/{id}{of}"), None);
            answered(&flags, remove, |gone| said(kind, gone, "removed"))
        }
        Operation::Validate { draft, scenario, model, ticks, flags } => {
            let body = draft.to_try(kind, TriedIn { scenario: scenario.as_deref(), model, ticks })?;
            let mut is_valid = false;
            let asked = |server: &Server| {
                let found = server.post(&format!("{path}/validate"), Some(&body))?;
                is_valid = found["valid"] == Value::Bool(true);
                Ok(found)
            };
            answered(&flags, asked, page::tried)?;
            Ok(if is_valid { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
        }
    }
}

/// Asks the server, and prints its answer as it is or as `page` makes it.
fn answered(
    flags: &Flags,
    asked: impl FnOnce(&Server) -> Result<Value>,
    page: impl FnOnce(&Value) -> String,
) -> Result<ExitCode> {
    // A server is asked, whatever folder of data is here: the flag for one would mean nothing.
    let common = Common { data_dir: None, config: flags.config.clone() };
    let server = flags.remote.server_or_local(&common.settings(Vec::new())?)?;
    let answer = asked(&server)?;
    print_line(&if flags.json { answer.to_string() } else { page(&answer) })?;
    Ok(ExitCode::SUCCESS)
}

/// What has become of one, in a line.
fn said(kind: Kind, item: &Value, done: &str) -> String {
    let text = |field: &str| item[field].as_str().unwrap_or("?");
    format!("{} {} is {done}: {}, version {}", kind.name(), text("id"), text("name"), item["version"])
}
