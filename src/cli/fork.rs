//! `civitas fork`: a run of the data folder goes on from one of its snapshots with something else, here and to its end.

use std::collections::BTreeMap;
use std::process::ExitCode;

use civitas_actors::{BundleChoice, NewFork, RuntimeError, TelemetryChoice, from_stored};
use civitas_engine::{Catalogue, MAX_HORIZON_TICKS, RunSpec, Turn};
use civitas_store::{DEFAULT_TENANT, RunId, RunMode, Store};
use clap::{Args, value_parser};
use uuid::Uuid;

use super::audit::AuditArgs;
use super::chart::ChartArgs;
use super::execute::{Shown, Wanted, execute, quieter};
use super::{Common, must_be_there, open_store, start_logging};
use crate::audit::AuditFile;
use crate::error::{Error, Result};
use crate::http::wire::create::check_name;
use crate::keys::LOCAL_CALLER;
use crate::settings::Settings;

const EXAMPLES: &str = "Examples:
  civitas snapshots RUN                             where it can be forked
  civitas fork RUN                                  from its newest snapshot: the same answer
  civitas fork RUN --from-tick 50 --set economy_confidence=0.2
  civitas fork RUN --from-tick 50 --seed 7          the same scenario, other chances from there
  civitas fork RUN --ticks 200                      the same run, longer
  civitas fork RUN --audit fork.audit               a digest of all state per tick, for civitas diff

RUN is the id of a run in the data folder: civitas run prints it, and a server on the folder lists
it. The fork takes a copy of the snapshot and is a run of its own from then on. --set takes the
place of the parent's shift of that variable; 0 takes it back. Exit codes: 0 done, 1 failed, 2
wrong usage, 130 interrupted.";

/// What `fork` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ForkArgs {
    /// The run to fork
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Tick of the snapshot to go on from [default: the newest]
    #[arg(long, value_name = "T")]
    from_tick: Option<u32>,
    /// Shift of an environment variable from there on, between -1 and 1; may be given several times
    #[arg(long, value_name = "NAME=DELTA", value_parser = shift)]
    set: Vec<(String, f64)>,
    /// Seed from there on
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of ticks in all, from tick 0
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(MAX_HORIZON_TICKS)))]
    ticks: Option<u32>,
    /// A name for people [default: the parent's, with the tick]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    /// Bundle of event scripts of the data folder that begins at that tick
    #[arg(long, value_name = "ID")]
    bundle: Option<Uuid>,
    /// Tell the bundle's impact apart from all else: the fork is stepped once more without it
    #[arg(long, requires = "bundle")]
    attribution: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    common: Common,
}

/// Forks a run and runs the fork to its end.
pub(super) async fn fork(args: ForkArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let settings = args.common.settings_with_threads(args.threads)?;
    start_logging(&quieter(&settings.log));
    if let Some(name) = &args.name {
        check_name("--name", name).map_err(|error| Error::settings(error.detail, "choose another name"))?;
    }
    let audit = audit_of(&args, &catalogue, &settings)?;
    let variable_deltas: BTreeMap<String, f64> = args.set.into_iter().collect();
    let fork = NewFork {
        // Its parent's owner is not known before the folder is open.
        tenant_id: DEFAULT_TENANT,
        parent: args.run,
        from_tick: args.from_tick,
        project_id: None,
        parent_node_id: None,
        name: args.name,
        created_by: LOCAL_CALLER.to_owned(),
        turn: Turn { seed: args.seed, horizon_ticks: args.ticks, variable_deltas, ..Turn::default() },
        bundle: args.bundle.map(|id| BundleChoice { id, version: None, attribution: args.attribution, from_tick: 0 }),
        batch_size: None,
        snapshot_every_ticks: None,
        telemetry: TelemetryChoice::default(),
    };
    execute(
        Wanted::Fork(Box::new(fork)),
        catalogue,
        &settings,
        Shown { json: args.json, width: args.chart.width() },
        audit,
    )
    .await
}

/// The file for the fork's audit, where one is asked for: the parent says how large it may become.
fn audit_of(args: &ForkArgs, catalogue: &Catalogue, settings: &Settings) -> Result<Option<AuditFile>> {
    if !args.audit.is_wanted() {
        return Ok(None);
    }
    must_be_there(&settings.store.data_dir)?;
    let store = open_store(settings)?;
    let parent = store.run(args.run)?.ok_or(RuntimeError::NotFound(args.run))?;
    store.close();
    if parent.mode == RunMode::Experiment {
        let hint = "audit the experiment itself, from its start on: civitas experiment run --audit";
        return Err(Error::settings(
            "--audit is not for forks of experiments, which may begin between two steps",
            hint,
        ));
    }
    let spec = from_stored(&parent.spec).map_err(RuntimeError::Spec)?;
    let horizon_ticks = args.ticks.unwrap_or(spec.horizon_ticks);
    args.audit.open(&RunSpec { horizon_ticks, ..spec }, catalogue)
}

/// Reads `NAME=DELTA`.
fn shift(text: &str) -> std::result::Result<(String, f64), String> {
    let (name, delta) = text.split_once('=').ok_or("must be NAME=DELTA, for instance economy_confidence=0.1")?;
    let number = delta.parse::<f64>().ok().filter(|number| number.is_finite());
    let number =
        number.ok_or_else(|| format!("the shift of {name} must be a number between -1 and 1, not {delta:?}"))?;
    Ok((name.to_owned(), number))
}
