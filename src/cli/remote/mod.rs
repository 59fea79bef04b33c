//! A civitas server as commands see it: where it is, who asks, and its answers. Owns how addresses and keys are given and how a
//! refusal is told; what is asked is the commands' affair. A key is never shown.

mod follow;
mod http;

use clap::Args;

pub(super) use follow::{Ended, follow};
pub(super) use http::Server;

use crate::error::{Error, Result};
use crate::settings::Settings;

/// Flags of commands that ask a server.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RemoteArgs {
    /// Server to ask, for instance http://127.0.0.1:8080 [default: client.server of the configuration]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// API key; better in the environment, as CIVITAS_CLIENT__KEY, where other users of the machine do not see it
    #[arg(long, value_name = "KEY", hide_default_value = true)]
    key: Option<String>,
}

impl RemoteArgs {
    /// The server that is named by flag or configuration; none means the data folder here.
    ///
    /// # Errors
    /// [`Error::Remote`] for an address that is none, or a key without a server.
    pub(super) fn server(&self, settings: &Settings) -> Result<Option<Server>> {
        let named = self.server.clone().or_else(|| Some(settings.client.server.clone()).filter(|url| !url.is_empty()));
        match named {
            Some(url) => Server::new(&url, self.key_of(settings)).map(Some),
            None if self.key.is_some() => Err(Error::Remote {
                problem: "--key is for a server, and none is named".to_owned(),
                hint: Some("name it with --server URL".to_owned()),
            }),
            None => Ok(None),
        }
    }

    /// The same; without a name the one that listens on this machine as the configuration says.
    ///
    /// # Errors
    /// As [`RemoteArgs::server`].
    pub(super) fn server_or_local(&self, settings: &Settings) -> Result<Server> {
        if self.server.is_none() && settings.client.server.is_empty() {
            return Server::new(&format!("http://{}", settings.server.listen), self.key_of(settings));
        }
        let url = self.server.as_ref().unwrap_or(&settings.client.server);
        Server::new(url, self.key_of(settings))
    }

    fn key_of(&self, settings: &Settings) -> Option<String> {
        self.key.clone().or_else(|| Some(settings.client.key.clone()).filter(|key| !key.is_empty()))
    }
}
