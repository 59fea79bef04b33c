//! `civitas results`: what came of a run, from a server or from the data folder here, as a page or as the API's document.

use std::process::ExitCode;

use civitas_actors::RunResults;
use civitas_actors::RuntimeError;
use civitas_store::{RunId, Store, StoreError};
use clap::Args;
use serde_json::Value;

use super::chart::ChartArgs;
use super::execute::Shown;
use super::remote::{RemoteArgs, Server};
use super::{Common, must_be_there, open_store, print_line, start_logging, summary};
use crate::error::{Error, Result};
use crate::http::wire::results::document;
use crate::settings::{LogSettings, Settings};
use crate::telemetry::Place;

const EXAMPLES: &str = "Examples:
  civitas results RUN
  civitas results RUN --json | jq .outcome_summary
  civitas results RUN --server https://civitas.example";

/// What `results` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ResultsArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    common: Common,
}

/// Prints what came of a run.
pub(super) fn results(args: &ResultsArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    let shown = Shown { json: args.json, width: args.chart.width() };
    let text = match args.remote.server(&settings)? {
        Some(server) => of_server(&server, &args.run.to_string(), shown)?,
        None => of_folder(args, shown, &settings)?,
    };
    print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The results of a server's run: its document, or a page.
pub(super) fn of_server(server: &Server, run: &str, shown: Shown) -> Result<String> {
    let document = server.get_text(&format!("/runs/{run}/results"))?;
    if shown.json {
        return Ok(document);
    }
    let page = server.get(&format!("/runs/{run}"))?;
    let strange = || Error::Remote { problem: "the server's results are no JSON object".to_owned(), hint: None };
    let results: Value = serde_json::from_str(&document).map_err(|_| strange())?;
    summary::render_page(&page, &results, server.url(), shown.width).ok_or_else(strange)
}

fn of_folder(args: &ResultsArgs, shown: Shown, settings: &Settings) -> Result<String> {
    must_be_there(&settings.store.data_dir)?;
    start_logging(&LogSettings::at("off"));
    let store = open_store(settings)?;
    let record = store.run(args.run)?.ok_or(RuntimeError::NotFound(args.run))?;
    let outcome_json = store.results(args.run)?.ok_or(RuntimeError::NoResults(args.run, record.status))?;
    let place = Place::open(settings)?;
    let telemetry_ref = store.telemetry(args.run)?.map(|_| place.telemetry_ref(args.run));
    store.close();
    let results = RunResults { record, outcome_json };
    let text = match shown.json {
        true => document(&results, telemetry_ref.as_deref()).and_then(|bytes| String::from_utf8(bytes).ok()),
        false => summary::render(&results, &settings.store.data_dir, shown.width),
    };
    let damaged = || StoreError::Corrupt { what: format!("results of run {}", args.run), why: "not JSON".to_owned() };
    Ok(text.ok_or_else(damaged)?)
}
