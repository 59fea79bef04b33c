//! `civitas serve`: starts a runtime and a server on it, waits for a signal, and ends both in order.

use std::io::Write;
use std::process::ExitCode;

use civitas_actors::Runtime;
use civitas_engine::Catalogue;
use clap::Args;

use super::{Common, open_store, print_line, start_logging, stop_signal};
use crate::error::{Error, Result};
use crate::http;
use crate::keys::Access;

const EXAMPLES: &str = "Examples:
  civitas serve
  civitas serve --listen 127.0.0.1:9000 --data-dir /var/lib/civitas
  civitas serve --read-only                  show what is there and accept nothing new

  curl http://127.0.0.1:8080/api/v1/runs
  curl http://127.0.0.1:8080/api/v1/openapi.json

Without API keys the server answers to this machine alone. To serve others, make a key first:
  civitas key create --tenant acme
  civitas serve --listen 0.0.0.0:8080
  curl -H \"Authorization: Bearer civ_...\" http://SERVER:8080/api/v1/runs

Ctrl-C or SIGTERM stops it; runs in progress go on when it is started again.";

/// What `serve` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    /// Address and port to listen on; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Refuse everything that would make or change something; reading works, and runs under way go on
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    common: Common,
}

/// Serves until a signal comes.
pub(super) async fn serve(args: ServeArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let listen = args.listen.map(|listen| ("server.listen", listen.replace("localhost:", "127.0.0.1:")));
    let read_only = args.read_only.then(|| ("server.read_only", "true".to_owned()));
    let settings = args.common.settings(listen.into_iter().chain(read_only).collect())?;
    start_logging(&settings.log.level);
    let store = open_store(&settings)?;
    // Checked before the runtime goes on with interrupted runs: a server that may not listen must change nothing.
    http::server::check_exposure(settings.server.listen, &Access::read(store.as_ref())?)?;
    let runtime = Runtime::start(settings.runtime(), store.clone(), catalogue).await?;
    #[cfg(unix)]
    let control = crate::backup::control::Control::start(store.clone(), &settings.store.data_dir);

    let served = match http::start(&settings.server, runtime.clone()).await {
        Ok(server) => until_signal(server).await,
        Err(error) => Err(error),
    };
    #[cfg(unix)]
    drop(control);
    let ended = runtime.shutdown().await.map_err(Error::from);
    drop(runtime);
    store.close();
    served.and(ended)?;
    Ok(ExitCode::SUCCESS)
}

async fn until_signal(server: http::RunningServer) -> Result<()> {
    print_line(&format!("civitas listening on http://{}", server.addr()))?;
    if server.is_keyless() {
        let note =
            "no API keys: serving the default tenant to this machine only (make one: civitas key create --tenant NAME)";
        // A closed standard error is no reason not to serve.
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    let reason = stop_signal().await;
    tracing::info!(reason, "stopping");
    server.stop().await
}
