//! The one error of the service: why a command could not be done, and what to do next. Refusals of single HTTP
//! requests are [`crate::http::errors::ApiError`]s instead.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use civitas_actors::RuntimeError;
use civitas_engine::EngineError;
use civitas_store::StoreError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong; the text names the option and where its value came from.
    #[error("{problem}")]
    Settings {
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A scenario file cannot be read or makes no sense.
    #[error("scenario {origin}: {problem}")]
    Scenario {
        /// The file, or `(bundled)`.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// An experiment's file cannot be read or makes no sense.
    #[error("experiment {origin}: {problem}")]
    Experiment {
        /// The file.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// An audit cannot be written, read or done again.
    #[error("audit {file}: {problem}")]
    Audit {
        /// The file.
        file: String,
        /// What is wrong, as the rest of a sentence about the file.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A benchmark came to nothing.
    #[error("{problem}")]
    Bench {
        /// What went wrong.
        problem: String,
    },
    /// A server could not make the backup that it was asked for.
    #[error("the server could not make the backup: {problem}")]
    Backup {
        /// What it said.
        problem: String,
    },
    /// A server refused what a command asked for, or could not be reached.
    #[error("{problem}")]
    Remote {
        /// What went wrong; in the server's words, with its code, where it has some.
        problem: String,
        /// What to do, where that is known.
        hint: Option<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The server may not listen where it was asked to.
    #[error("{0} can be reached from other machines, and there is no API key")]
    KeysNeeded(SocketAddr),
    /// The server cannot listen.
    #[error("cannot listen on {addr}: {source}")]
    Bind {
        /// Where.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No API key has this id.
    #[error("there is no API key {0}")]
    NoSuchKey(uuid::Uuid),
    /// A tenant's name is unusable.
    #[error("a tenant's name has 1 to 100 characters, none of them a control character")]
    TenantName,
    /// The system's source of random numbers failed.
    #[error("the system gave no random bytes for a key: {0}")]
    Random(String),
    /// Reading or writing failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Settings`].
    pub fn settings(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Settings { problem: problem.into(), hint: hint.into() }
    }

    /// An [`Error::Audit`].
    pub fn audit(file: &Path, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Audit { file: file.display().to_string(), problem: problem.into(), hint: hint.into() }
    }

    /// An [`Error::Io`].
    pub fn io(doing: impl Into<String>, source: io::Error) -> Self {
        Self::Io { doing: doing.into(), source }
    }

    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Settings { hint, .. } | Self::Audit { hint, .. } => Some(hint.clone()),
            Self::Remote { hint, .. } => hint.clone(),
            Self::Scenario { .. } => {
                Some("a scenario file is the body of POST /api/v1/runs, as TOML or JSON".to_owned())
            }
            Self::Experiment { .. } => Some(
                "an experiment is the body of POST /api/run-experiments; docs/experiments.md lists every field, and \
                 scenarios/campaign.json shows each once"
                    .to_owned(),
            ),
            Self::Runtime(RuntimeError::Spec(EngineError::Dataset { .. })) => {
                Some("docs/datasets.md says what each table holds; nothing was stored".to_owned())
            }
            Self::Runtime(RuntimeError::OtherResults(..)) => {
                Some("verify it with the civitas that executed it; its manifest says which".to_owned())
            }
            Self::Runtime(RuntimeError::NoSnapshot { run, .. }) => {
                Some(format!("`civitas snapshots {run}` lists those that there are"))
            }
            Self::Runtime(RuntimeError::NotFound(_)) => {
                Some("it may be in another data folder: name it with --data-dir DIR".to_owned())
            }
            Self::Runtime(RuntimeError::NoNode(_)) => {
                Some("`civitas node list` shows those that there are; --tenant NAME those of another tenant".to_owned())
            }
            Self::Runtime(RuntimeError::NoDataset(_)) => Some("`civitas dataset list` shows those that there are".to_owned()),
            Self::Store(error) => store_hint(error),
            Self::Runtime(RuntimeError::Store(error)) => store_hint(error),
            Self::Runtime(RuntimeError::Quota { .. } | RuntimeError::NoRoom { .. }) => {
                Some("wait for other runs of this data folder to end, or raise [limits] in config.toml".to_owned())
            }
            Self::KeysNeeded(_) => Some(
                "make a key with `civitas key create --tenant NAME`, or listen on 127.0.0.1 with --listen 127.0.0.1:8080"
                    .to_owned(),
            ),
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("another program listens there; choose another port with --listen 127.0.0.1:PORT".to_owned())
            }
            Self::Bind { .. } => Some("choose another address with --listen ADDRESS:PORT".to_owned()),
            Self::NoSuchKey(_) => Some("`civitas key list` shows the ids".to_owned()),
            _ => None,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<String> {
    let hint = match error {
        StoreError::Locked { .. } => {
            "a civitas server or run uses this data folder: stop it first, or name another folder with --data-dir DIR"
        }
        StoreError::Open { .. } => "name a folder that can be written with --data-dir DIR",
        StoreError::Corrupt { .. } => {
            "`civitas doctor` says what is left; `civitas restore` makes a store of a backup (docs/operations.md has more)"
        }
        StoreError::NoRoom { .. } => {
            "make room there, name a folder on another disk with --data-dir DIR, or lower store.reserve_mib"
        }
        StoreError::NewerFormat { .. } => "install the newer civitas that wrote it",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_store_says_to_stop_the_server() {
        let error = Error::Store(StoreError::Locked { path: "x".into() });
        assert!(error.hint().is_some_and(|hint| hint.contains("stop it first")));
    }

    #[test]
    fn listening_openly_without_keys_says_how_to_make_one() {
        let error = Error::KeysNeeded(([0, 0, 0, 0], 8080).into());
        assert!(error.hint().is_some_and(|hint| hint.contains("civitas key create --tenant")));
    }
}
