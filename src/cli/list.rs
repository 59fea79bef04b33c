//! `civitas list`: runs as a table, of a server or of the data folder here; the same rows from both.

use std::process::ExitCode;

use civitas_store::{RunMode, RunQuery, RunStatus, SortBy, Store};
use clap::{Args, value_parser};
use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

use super::remote::RemoteArgs;
use super::{Common, must_be_there, open_store, print_line, start_logging, summary};
use crate::error::Result;
use crate::http::wire::list::RunItem;
use crate::settings::{LogSettings, Settings};

const EXAMPLES: &str = "Examples:
  civitas list
  civitas list --status running --server https://civitas.example
  civitas list --json | jq -r '.items[].id'";

/// What `list` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// Only runs with this status: queued, running, paused, succeeded, failed or cancelled
    #[arg(long, value_name = "STATUS", value_parser = ["queued", "running", "paused", "succeeded", "failed", "cancelled"])]
    status: Option<String>,
    /// How many, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Print the answer of GET /api/v1/runs as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    common: Common,
}

/// Lists runs.
pub(super) fn list(args: &ListArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    let page = match args.remote.server(&settings)? {
        Some(server) => {
            let status = args.status.as_ref().map(|status| format!("&status={status}")).unwrap_or_default();
            server.get(&format!("/runs?limit={}{status}", args.limit))?
        }
        None => stored(args, &settings)?,
    };
    if args.json {
        print_line(&page.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let total = page["total"].as_u64().unwrap_or(0);
    match items.is_empty() {
        true => print_line("no runs")?,
        false => print_line(&format!("{}\n{} of {total} runs", table(items), items.len()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The runs of the folder, of whatever tenant, as the API shows them.
fn stored(args: &ListArgs, settings: &Settings) -> Result<Value> {
    must_be_there(&settings.store.data_dir)?;
    start_logging(&LogSettings::at("off"));
    let store = open_store(settings)?;
    let status = RunStatus::ALL.into_iter().find(|status| Some(status.as_str()) == args.status.as_deref());
    let mut runs = Vec::new();
    let mut total = 0;
    for tenant in tenants(store.as_ref())? {
        let query = RunQuery {
            tenant_id: tenant,
            project_id: None,
            status,
            mode: None::<RunMode>,
            sort: SortBy::CreatedAt,
            descending: true,
            skip: 0,
            limit: args.limit as usize,
        };
        let page = store.list_runs(&query)?;
        total += page.total;
        runs.extend(page.items);
    }
    store.close();
    runs.sort_by_key(|run| std::cmp::Reverse((run.created_at_ms, run.id)));
    runs.truncate(args.limit as usize);
    let items: Vec<RunItem> = runs.into_iter().map(RunItem::from).collect();
    Ok(json!({"items": items, "total": total}))
}

fn tenants(store: &dyn Store) -> Result<Vec<civitas_store::TenantId>> {
    let known = store.tenants()?.into_iter().map(|tenant| tenant.id);
    let mut all: Vec<_> = known.chain([civitas_store::DEFAULT_TENANT]).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn table(items: &[Value]) -> Table {
    let mut table = summary::table(&["RUN", "STATUS", "MODE", "CREATED", "SECONDS", "NAME"]);
    for run in items {
        let text = |field: &str| match &run[field] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        // To the second: 2026-11-22 12:00:00.
        let created = text("created_at").replace('T', " ").chars().take(19).collect();
        table.add_row([text("id"), text("status"), text("mode"), created, text("duration_seconds"), text("name")]);
    }
    if let Some(seconds) = table.column_mut(4) {
        seconds.set_cell_alignment(CellAlignment::Right);
    }
    table
}
