//! `civitas serve`: starts a runtime and a server on it, waits for a signal, and ends both in order.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use civitas_actors::Runtime;
use civitas_engine::Catalogue;
use clap::Args;

use super::{Common, open_store, print_line, start_tracing, stop_signal};
use crate::error::Result;
use crate::http;
use crate::keys::Access;
use crate::otel;
use crate::settings::{LogFormat, Settings};
use crate::telemetry::Place;

/// Exit code of a server that was stopped and could not suspend every run in its time.
const LEFT_BEHIND: u8 = 3;
/// How long answers under way may take when the time to stop is over.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

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

Ctrl-C or SIGTERM stops it within server.shutdown_timeout_s; runs in progress go on when it is
started again. Exit code 0: every run is suspended where it was; 3: some go on from an earlier
snapshot.";

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
    let (spans, exporter) = otel::start(&settings.otel)?;
    start_tracing(&settings.log, spans);
    let code = served(&settings, catalogue).await;
    if let Some(exporter) = exporter {
        exporter.finish();
    }
    code
}

/// The same when there is a log.
async fn served(settings: &Settings, catalogue: Catalogue) -> Result<ExitCode> {
    let store = open_store(settings)?;
    // Checked before the runtime goes on with interrupted runs: a server that may not listen must change nothing.
    http::server::check_exposure(settings.server.listen, &Access::read(store.as_ref())?)?;
    let place = Place::open(settings)?;
    place.check().await?;
    let runtime = Runtime::start_with(settings.runtime(), store.clone(), catalogue, Some(place.recorder())).await?;
    #[cfg(unix)]
    let control = crate::backup::control::Control::start(store.clone(), &settings.store.data_dir);

    let limit = Duration::from_secs(settings.server.shutdown_timeout_s);
    let mut meters = None;
    let served = match http::start_with(&settings.server, runtime.clone(), Some(place)).await {
        Ok(server) => {
            let figures = server.figures();
            match otel::start_meters(&settings.otel, move || figures.clone().text()) {
                Ok(started) => {
                    meters = started;
                    until_signal(&server, settings.log.format).await.map(|()| server)
                }
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    let begun = Instant::now();
    // Work is refused from here on; what is there can be read until all is suspended.
    if let Ok(server) = &served {
        server.close();
    }
    let left = runtime.shutdown_within(limit).await;
    let stopped = match served {
        // Who asked at the last moment has a moment for the answer.
        Ok(server) => server.stop_within(limit.saturating_sub(begun.elapsed()).max(LAST_ANSWERS)).await,
        Err(error) => Err(error),
    };
    if let Some(meters) = meters {
        meters.finish().await;
    }
    #[cfg(unix)]
    drop(control);
    drop(runtime);
    store.close();
    stopped?;
    if left.is_empty() {
        tracing::info!(seconds = begun.elapsed().as_secs_f64(), "stopped; every run is suspended");
        return Ok(ExitCode::SUCCESS);
    }
    for run in &left {
        tracing::error!(%run, "not suspended within server.shutdown_timeout_s; it goes on from its last snapshot");
    }
    Ok(ExitCode::from(LEFT_BEHIND))
}

async fn until_signal(server: &http::RunningServer, format: LogFormat) -> Result<()> {
    print_line(&format!("civitas listening on http://{}", server.addr()))?;
    if server.is_keyless() {
        let note =
            "no API keys: serving the default tenant to this machine only (make one: civitas key create --tenant NAME)";
        match format {
            LogFormat::Json => tracing::warn!("{note}"),
            // A closed standard error is no reason not to serve.
            LogFormat::Text => drop(writeln!(std::io::stderr(), "{note}")),
        }
    }
    let reason = stop_signal().await;
    tracing::info!(reason, "stopping");
    Ok(())
}
