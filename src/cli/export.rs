//! `civitas export`: the telemetry of a run as one file per table.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use civitas_telemetry::{Export, Format, Index, Table, TelemetryError};
use clap::{Args, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::remote::{RemoteArgs, Server};
use super::{Common, must_be_there, print_json, print_line};
use crate::error::{Error, Result};
use crate::telemetry::Place;

const EXAMPLES: &str = "Examples:
  civitas export 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10
  civitas export 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --format csv --out results
  civitas export 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --from-tick 50 --server http://host:8080

Writes metrics, environment, events and agents, those that the run has, as DIR/TABLE.FORMAT, of
Arrow as DIR/TABLE.arrows, and the index beside them. What a file says is in docs/telemetry.md. A
server may hold the data folder meanwhile, and the run may go on.";

/// What `export` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExportArgs {
    /// The run
    run: Uuid,
    /// Form of the files
    #[arg(long, value_enum, default_value_t = Form::Parquet)]
    format: Form,
    /// Folder to write into; it is made, and files of the same names are replaced [default: the run's id]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// First tick of what is written [default: the first]
    #[arg(long, value_name = "TICK")]
    from_tick: Option<u32>,
    /// Last tick of what is written [default: the last]
    #[arg(long, value_name = "TICK")]
    to_tick: Option<u32>,
    /// Print which files were written as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    common: Common,
}

/// Form of the files.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Parquet,
    Csv,
    Json,
    /// A stream of Arrow IPC
    Arrow,
}

impl From<Form> for Format {
    fn from(form: Form) -> Self {
        match form {
            Form::Parquet => Self::Parquet,
            Form::Csv => Self::Csv,
            Form::Json => Self::Json,
            Form::Arrow => Self::Arrow,
        }
    }
}

/// Where tables come from.
enum Source {
    Here(Place),
    Server(Server),
}

/// Writes the tables of a run.
pub(super) async fn export(args: ExportArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    let (index, source) = match args.remote.server(&settings)? {
        Some(server) => (server.get(&format!("/telemetry/{}", args.run))?, Source::Server(server)),
        None => {
            if settings.telemetry.url.is_empty() {
                must_be_there(&settings.store.data_dir)?;
            }
            let place = Place::open(&settings)?;
            let index = place.reader().index(args.run).await?;
            (serde_json::to_value(&index).expect("an index is plain data"), Source::Here(place))
        }
    };
    let folder = args.out.unwrap_or_else(|| PathBuf::from(args.run.to_string()));
    let failed = |error| Error::io(format!("cannot write into {}", folder.display()), error);
    fs::create_dir_all(&folder).map_err(failed)?;
    let json = serde_json::to_vec_pretty(&index).expect("it was JSON");
    fs::write(folder.join(civitas_telemetry::INDEX_NAME), json).map_err(failed)?;
    // What a server of another version adds to it is kept in the file, and nothing that is needed here.
    let index: Index = serde_json::from_value(index).map_err(|error| Error::Remote {
        problem: format!("the index of telemetry cannot be read: {error}"),
        hint: Some("is this a civitas server of the same version?".to_owned()),
    })?;
    let (ticks, mut files) = ((args.from_tick, args.to_tick), Vec::new());
    for table in Table::ALL {
        if index.files.iter().any(|file| file.table == table) {
            let asked = (table, args.format.into(), ticks);
            let (path, rows) = write(&source, &index, asked, &folder).await?;
            if !args.json {
                let rows = rows.map_or_else(String::new, |rows| format!(": {rows} rows"));
                print_line(&format!("{}{rows}", path.display()))?;
            }
            files.push(json!({"table": table.as_str(), "path": path, "rows": rows}));
        }
    }
    if args.json {
        print_json(&json!({"run_id": index.run_id, "files": files}))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a table under a name of its own; gives the file and its rows, which nobody has counted of a part.
async fn write(
    source: &Source,
    index: &Index,
    (table, format, ticks): (Table, Format, (Option<u32>, Option<u32>)),
    folder: &Path,
) -> Result<(PathBuf, Option<u64>)> {
    let path = folder.join(format!("{}.{}", table.as_str(), format.extension()));
    let failed = |error| Error::io(format!("cannot write {}", path.display()), error);
    let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
    match source {
        Source::Here(place) => {
            let mut export = Export::new(place.reader(), index, table, format, ticks)?;
            while let Some(piece) = export.next().await? {
                file.write_all(&piece).map_err(failed)?;
            }
        }
        Source::Server(server) => {
            let (run, table, format) = (index.run_id, table.as_str(), format.as_str());
            let mut asked = format!("/runs/{run}/export?table={table}&format={format}");
            for (name, tick) in [("from_tick", ticks.0), ("to_tick", ticks.1)] {
                asked.extend(tick.map(|tick| format!("&{name}={tick}")));
            }
            server.download(&asked, &mut file, failed)?;
        }
    }
    file.flush().map_err(failed)?;
    let rows = index.files.iter().filter(|file| file.table == table).map(|file| file.rows);
    let rows = (ticks == (None, None)).then(|| rows.sum());
    Ok((path, rows))
}

impl From<TelemetryError> for Error {
    fn from(error: TelemetryError) -> Self {
        let hint = match error {
            TelemetryError::None(_) => {
                "it may be in another data folder or object store: name it with --data-dir DIR, or as telemetry.url"
            }
            _ => "docs/operations.md has more on where telemetry is kept",
        };
        Self::settings(error.to_string(), hint)
    }
}
