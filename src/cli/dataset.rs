//! `civitas dataset`: adds, lists, shows and removes data sets in the store. A file is checked whole before anything is
//! stored; what is wrong is told with file, line and column.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use civitas_actors::{Datasets, NewRun, RuntimeError};
use civitas_engine::{BUNDLED_DATASETS, Catalogue, EngineError, World};
use civitas_store::{DEFAULT_TENANT, DEFAULT_TENANT_NAME, DatasetKey, DatasetRecord, Store, TenantId};
use clap::{Args, Subcommand};

use super::summary::count;
use super::{Common, open_store, print_json, print_line, start_logging};
use crate::dataset::{TableFile, Upload};
use crate::error::{Error, Result};
use crate::http::wire::dataset::{Dataset, DatasetList};
use crate::keys::LOCAL_CALLER;
use crate::settings::Settings;
use crate::time;

/// The largest file, in bytes: ten million agents with a dozen columns of text.
const MAX_FILE_BYTES: u64 = 2 << 30;

const EXAMPLES: &str = "Examples:
  civitas dataset add counties regions.csv --borders borders.csv --agents agents.parquet
  civitas dataset add school classes.csv --agents pupils.csv --ties friends.csv
  civitas dataset list
  civitas dataset show counties
  civitas dataset remove counties 1

regions.csv has the columns code and population, and where they are known name, latitude and longitude. A table of
borders has a and b, codes of regions that touch. A table of agents has one row per agent: region, and where wanted
segment and columns named like traits of the model. A table of ties has source and target, agents by their row from 0
or, where the table of agents has a column id, by that; and where wanted weight. Files are CSV or Parquet; docs/datasets.md says more.

A run names a data set in config.population.dataset, and takes its ties with config.network.kind = \"listed\". Adding other content under the same name makes the next version;
config.dataset_version picks one. A server holds its data folder while it runs: stop it before these commands, or use
POST /api/v1/datasets.";

/// What `dataset` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DatasetArgs {
    #[command(subcommand)]
    command: DatasetCommand,
}

/// Flags of every command here.
#[derive(Debug, Args)]
struct Owner {
    /// Tenant whose data sets are meant
    #[arg(long, value_name = "NAME", default_value = DEFAULT_TENANT_NAME)]
    tenant: String,
    /// Print JSON, and nothing else: versions as the API has them
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum DatasetCommand {
    /// Add a data set, or the next version of one.
    #[command(after_help = EXAMPLES)]
    Add {
        /// Its name: letters, digits, - _ and .
        #[arg(value_name = "NAME")]
        name: String,
        /// Table of regions, as CSV or Parquet
        #[arg(value_name = "REGIONS")]
        regions: PathBuf,
        /// Table of regions that touch
        #[arg(long, value_name = "FILE")]
        borders: Option<PathBuf>,
        /// Table of agents, one row for each
        #[arg(long, value_name = "FILE")]
        agents: Option<PathBuf>,
        /// Table of ties between the agents
        #[arg(long, value_name = "FILE", requires = "agents")]
        ties: Option<PathBuf>,
        /// Ties are one way: the target listens to the source
        #[arg(long, requires = "ties")]
        directed: bool,
        #[command(flatten)]
        owner: Owner,
    },
    /// List data sets with their versions.
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// Describe the versions of a data set.
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Remove a version that no run names.
    Remove {
        /// The data set's name
        #[arg(value_name = "NAME")]
        name: String,
        /// The version
        #[arg(value_name = "VERSION")]
        version: u32,
        #[command(flatten)]
        owner: Owner,
    },
}

/// Does what is asked with the data sets.
pub(super) fn dataset(args: DatasetArgs) -> Result<ExitCode> {
    let (DatasetCommand::Add { owner, .. }
    | DatasetCommand::List { owner }
    | DatasetCommand::Show { owner, .. }
    | DatasetCommand::Remove { owner, .. }) = &args.command;
    let settings = owner.common.settings(Vec::new())?;
    start_logging(&settings.log);
    let upload = match &args.command {
        DatasetCommand::Add { name, regions, borders, agents, ties, directed, .. } => Some(Upload {
            name: name.clone(),
            regions: Some(read(regions)?),
            borders: borders.as_deref().map(read).transpose()?,
            agents: agents.as_deref().map(read).transpose()?,
            ties: ties.as_deref().map(read).transpose()?,
            directed: *directed,
        }),
        _ => None,
    };
    // Before the store is opened: who made a mistake in a file need not stop a server to learn of it.
    let added = upload.map(Upload::read).transpose().map_err(RuntimeError::from)?;
    let store = open_store(&settings)?;
    let tenant = tenant(store.as_ref(), &owner.tenant)?;
    let (datasets, json) = (Datasets::new(store), owner.json);
    match args.command {
        DatasetCommand::Add { .. } => {
            let added = added.expect("a data set to add was read above");
            let done = datasets.add(tenant, LOCAL_CALLER, &added)?;
            if json {
                print_json(&Dataset::from(done.record))?;
                return Ok(ExitCode::SUCCESS);
            }
            let what = if done.is_new { "added" } else { "there already, nothing was added:" };
            print_line(&format!("{what} {}", line(&done.record)))?;
        }
        DatasetCommand::List { .. } if json => {
            let items = datasets.list(tenant)?.into_iter().map(Dataset::from).collect();
            print_json(&DatasetList {
                items,
                bundled: BUNDLED_DATASETS.iter().map(|name| (*name).to_owned()).collect(),
            })?;
        }
        DatasetCommand::List { .. } => print_line(&listing(&datasets.list(tenant)?))?,
        DatasetCommand::Show { name, .. } if json => {
            let items: Vec<_> = datasets.versions(tenant, &name)?.into_iter().map(Dataset::from).collect();
            print_json(&items)?;
        }
        DatasetCommand::Show { name, .. } => {
            for record in datasets.versions(tenant, &name)? {
                let used = datasets.in_use(&DatasetKey::of(&record))?;
                print_line(&page(&record, used))?;
            }
        }
        DatasetCommand::Remove { name, version, .. } => {
            let record = datasets.remove(&DatasetKey { tenant_id: tenant, name, version })?;
            match json {
                true => print_json(&Dataset::from(record))?,
                false => print_line(&format!("removed {}", line(&record)))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks a run of this machine's tenant before anything is stored of it. A store that cannot be opened is told of when
/// the run is to be stored.
pub(super) fn check(new: &NewRun, catalogue: &Catalogue, settings: &Settings) -> std::result::Result<(), EngineError> {
    let unknown = match catalogue.dataset(&new.spec.population.dataset) {
        Ok(_) => return World::check(&new.spec, catalogue),
        Err(unknown) => unknown,
    };
    // Looking for a data set makes no folder.
    if !settings.store.data_dir.is_dir() {
        return Err(unknown);
    }
    let Ok(store) = open_store(settings) else { return Ok(()) };
    match Datasets::new(store.clone()).check(catalogue, new.clone()) {
        Err(RuntimeError::Spec(error)) => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(file: &Path) -> Result<TableFile> {
    let wrong = |source| Error::io(format!("cannot read {}", file.display()), source);
    let size = fs::metadata(file).map_err(wrong)?.len();
    if size > MAX_FILE_BYTES {
        let problem = format!("{} is larger than {MAX_FILE_BYTES} bytes", file.display());
        return Err(Error::settings(problem, "leave out columns or rows, or hand it in as Parquet"));
    }
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok(TableFile { name, bytes: fs::read(file).map_err(wrong)? })
}

pub(super) fn tenant(store: &dyn Store, name: &str) -> Result<TenantId> {
    if name == DEFAULT_TENANT_NAME {
        return Ok(DEFAULT_TENANT);
    }
    let known = store.tenants()?.into_iter().find(|tenant| tenant.name == name);
    known.map(|tenant| tenant.id).ok_or_else(|| {
        Error::settings(
            format!("there is no tenant {name}"),
            "`civitas key list` shows the tenants, `civitas key create` makes one",
        )
    })
}

/// One version in a line.
fn line(record: &DatasetRecord) -> String {
    let agents = match record.agents {
        0 => String::new(),
        agents => format!(", {} agents", count(agents.into())),
    };
    let ties = record.ties.map_or_else(String::new, |ties| {
        let way = if ties.directed { "one way" } else { "both ways" };
        let weights = if ties.weighted { ", with weights" } else { "" };
        format!(", {} ties {way}{weights}", count(ties.count.into()))
    });
    // A bundled data set has one version only.
    let version = if record.version > 0 { format!("version {}", record.version) } else { "(bundled)".to_owned() };
    format!("{} {version}: {} regions{agents}{ties}", record.name, count(record.regions.into()))
}

fn listing(records: &[DatasetRecord]) -> String {
    let mut lines: Vec<String> = BUNDLED_DATASETS.iter().map(|name| format!("{name} (bundled)")).collect();
    lines.extend(
        records.iter().map(|record| format!("{}, added {}", line(record), time::rfc3339(record.created_at_ms))),
    );
    lines.join("\n")
}

fn page(record: &DatasetRecord, used: bool) -> String {
    let stored: u64 = record.parts.iter().map(|part| part.stored_len).sum();
    let columns = if record.columns.is_empty() { "none".to_owned() } else { record.columns.join(", ") };
    let added = match record.version {
        0 => format!("comes with {}", record.created_by),
        _ => format!("{} by {}", time::rfc3339(record.created_at_ms), record.created_by),
    };
    let used = match (record.version, used) {
        (0, _) => "bundled, so it stays",
        (_, true) => "yes, so it stays",
        (_, false) => "no",
    };
    [
        line(record),
        format!("  borders   {}", count(record.borders.into())),
        format!("  columns   {columns}"),
        format!("  content   {:032x}", record.content_hash),
        format!("  size      {} bytes, {} on the disk", count(record.bytes as f64), count(stored as f64)),
        format!("  added     {added}"),
        format!("  in use    {used}"),
    ]
    .join("\n")
}

#[cfg(test)]
mod tests {
    use civitas_store::TiesRecord;

    use super::*;

    #[test]
    fn a_version_is_described() {
        let record = DatasetRecord {
            tenant_id: DEFAULT_TENANT,
            name: "counties".to_owned(),
            version: 2,
            data_id: uuid::Uuid::nil(),
            content_hash: 255,
            regions: 3_000,
            borders: 1,
            agents: 1_000_000,
            columns: vec!["opinion".to_owned()],
            ties: Some(TiesRecord { count: 5, directed: true, weighted: true }),
            bytes: 10,
            parts: Vec::new(),
            created_at_ms: 0,
            created_by: "local".to_owned(),
        };
        assert_eq!(
            line(&record),
            format!(
                "counties version 2: {} regions, {} agents, 5 ties one way, with weights",
                count(3_000.0),
                count(1_000_000.0)
            )
        );
        assert!(page(&record, true).contains("columns   opinion\n  content   000000000000000000000000000000ff"));
        assert!(listing(&[]).contains("us-2020 (bundled)"));
        let plain = DatasetRecord { agents: 0, ties: None, ..record };
        assert!(line(&plain).ends_with("regions"));
    }
}
