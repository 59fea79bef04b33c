//! How the program reaches a server that holds the data folder: a Unix socket within the folder, so that who may write
//! the folder may ask, and nobody else; no key of a tenant opens it. A question is one line, a folder's absolute path; the
//! answer is one line of JSON. The server writes the backup itself.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use civitas_store::SledStore;
use civitas_store::backup::Copied;
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// The socket within the data folder.
const SOCKET: &str = "control";
/// How long who connects may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers on the socket until it is dropped.
pub struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens in a data folder whose store is open. Where the system refuses, the server goes without, and its log says so.
    pub fn start(store: Arc<SledStore>, data_dir: &Path) -> Option<Self> {
        Self::try_start(store, data_dir)
            .inspect_err(|error| tracing::warn!(%error, "a backup of this server can be made only when it is stopped"))
            .ok()
    }

    fn try_start(store: Arc<SledStore>, data_dir: &Path) -> std::io::Result<Self> {
        let path = data_dir.join(SOCKET);
        // The store's lock is ours: a socket that is there was left by a server that is gone.
        if path.exists() {
            fs::remove_file(&path)?;
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&stopping);
        let thread = std::thread::Builder::new().name("civitas-control".to_owned()).spawn(move || {
            for caller in listener.incoming() {
                if own.load(Ordering::SeqCst) {
                    return;
                }
                if let Err(error) = caller.and_then(|caller| answer(&store, &caller)) {
                    tracing::warn!(%error, "who asked for a backup was not answered");
                }
            }
        })?;
        Ok(Self { path, stopping, thread: Some(thread) })
    }
}

impl Drop for Control {
    /// Waits for a backup under way.
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread. Where this fails it has ended already.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|thread| woken || thread.is_finished())
            && thread.join().is_err()
        {
            tracing::error!("the thread that makes backups panicked");
        }
        drop(fs::remove_file(&self.path));
    }
}

fn answer(store: &SledStore, mut caller: &UnixStream) -> std::io::Result<()> {
    caller.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(caller).read_line(&mut line)?;
    let folder = Path::new(line.trim_end_matches('\n'));
    let said = match super::write(store, folder) {
        Ok(copied) => {
            tracing::info!(folder = %folder.display(), runs = copied.runs, "a backup was made");
            json!({"entries": copied.entries, "runs": copied.runs, "snapshots": copied.snapshots,
                "snapshots_left_out": copied.snapshots_left_out})
        }
        Err(error) => json!({"error": super::with_causes(&error)}),
    };
    caller.write_all(format!("{said}\n").as_bytes())
}

/// Has the server that holds `data_dir` write a backup into `folder`.
///
/// # Errors
/// When no server answers there, or it cannot write the backup.
pub fn ask(data_dir: &Path, folder: &Path) -> Result<Copied> {
    let socket = data_dir.join(SOCKET);
    let failed = |source| Error::io(format!("cannot ask the server at {} for a backup", socket.display()), source);
    let mut server = UnixStream::connect(&socket).map_err(failed)?;
    let absolute = std::path::absolute(folder).map_err(failed)?;
    server.write_all(format!("{}\n", absolute.display()).as_bytes()).map_err(failed)?;
    let mut line = String::new();
    BufReader::new(&server).read_line(&mut line).map_err(failed)?;
    let said: Value = serde_json::from_str(&line).map_err(|error| failed(error.into()))?;
    if let Some(problem) = said["error"].as_str() {
        return Err(Error::Backup { problem: problem.to_owned() });
    }
    let number = |field: &str| said[field].as_u64().unwrap_or_default();
    Ok(Copied {
        entries: number("entries"),
        runs: number("runs"),
        snapshots: number("snapshots"),
        snapshots_left_out: number("snapshots_left_out"),
    })
}
