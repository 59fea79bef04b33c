//! The real program as a process: started on a folder, heard on its standard error, killed when the test lets go of it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use super::http::Client;
use super::{WATCHDOG, eventually};

/// Where the program lies.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_civitas");

/// The program with these arguments, as if started by a user without any setting of their own, in `folder`.
pub fn civitas(folder: &Path, args: &[&str]) -> Command {
    let mut command = clean(Command::new(PROGRAM), folder);
    command.args(args);
    command
}

/// A command in `folder` that no setting of this process reaches.
pub fn clean(mut command: Command, folder: &Path) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CIVITAS_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run_civitas(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    civitas(folder, args).envs(env.iter().copied()).output().unwrap()
}

/// Runs a command on the data folder that servers here have; it must end with this code. Gives what it said.
pub fn said_by_civitas(folder: &Path, args: &[&str], code: i32) -> String {
    let done = run_civitas(folder, &[args, &["--data-dir", "data"]].concat(), &[]);
    let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert_eq!(done.status.code(), Some(code), "{args:?}: {said}");
    said
}

/// A server that listens. Its data folder is `data` within the folder that it was started on.
pub struct Server {
    process: Process,
    client: Client,
    addr: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(folder: &Path, env: &[(&str, &str)]) -> Self {
        let command = civitas(folder, &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
        Self::from_command(command, env)
    }

    /// The same with a command of the caller's own.
    pub fn from_command(mut command: Command, env: &[(&str, &str)]) -> Self {
        command.envs(env.iter().copied());
        let (process, lines) = Process::spawn(command);
        let Ok(line) = lines.recv_timeout(WATCHDOG) else { panic!("no server came up:\n{}", process.stderr()) };
        let addr = line.strip_prefix("civitas listening on http://").and_then(|addr| addr.trim().parse().ok());
        let addr: SocketAddr = addr.unwrap_or_else(|| panic!("not the line of a server: {line}"));
        Self { client: Client::new(addr, None), process, addr }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its id among the machine's processes.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Kills it as a power cut would: no handler runs.
    pub fn kill9(mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
    }

    /// The same once a snapshot of this run is there, and before the run has ended.
    pub fn kill9_after_a_snapshot(self, run: &str) {
        eventually("a snapshot is there", || {
            let run = self.run(run);
            assert_ne!(run["status"], "succeeded", "it ended before it could be killed");
            let snapshots = run["outputs"]["snapshot_refs"].as_array().map_or(0, Vec::len);
            (snapshots > 0).then_some(())
        });
        self.kill9();
    }

    /// Asks it to stop.
    pub fn sigterm(&self) {
        signal(self.pid(), "TERM");
    }

    /// Waits until it has ended; gives how, and what it said.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = self.process.wait();
        (status, self.process.stderr())
    }

    /// Asks it to stop and waits until it has ended well.
    pub fn stop(self) {
        self.sigterm();
        let (status, said) = self.ended();
        assert_eq!(status.code(), Some(0), "{said}");
    }
}

impl Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}

/// A child whose standard error is collected and whose standard output comes line by line; killed when dropped.
pub struct Process {
    pub child: Child,
    stderr: Arc<Mutex<String>>,
}

impl Process {
    /// Starts a command.
    pub fn spawn(mut command: Command) -> (Self, std::sync::mpsc::Receiver<String>) {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let (mut said, heard) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = said.read(&mut buffer) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        let (out, (send, lines)) = (child.stdout.take().unwrap(), channel());
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        (Self { child, stderr }, lines)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the process has ended", || self.child.try_wait().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder that cargo builds into, from where the program itself lies.
pub fn build_folder() -> PathBuf {
    Path::new(PROGRAM).parent().unwrap().to_path_buf()
}
