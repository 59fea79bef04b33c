//! Crashes: were this to fail, something that a client was told would not be true after a power cut.
//!
//! A server is driven by a random workload from several threads, killed with SIGKILL at random moments (at work and while
//! it starts), started again, and everything it ever acknowledged is looked up (`check`). What was acknowledged stands
//! in the [`model::Model`]. The seed is printed; `CIVITAS_TEST_SEED` repeats its choices, `CIVITAS_CRASH_KILLS` says how
//! many kills there are. Moments are random: no assertion depends on one. `power` does the same with power cuts, in which what was
//! not synced is lost.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod check;
mod disk;
mod model;
mod power;
#[path = "../support/mod.rs"]
mod support;
mod wire;
mod workload;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::{Model, SPECS};
use support::server::Process;
use support::{Server, civitas, said_by_civitas};
use tempfile::tempdir;
use wire::Wire;
use workload::Rng;

/// Kills where nobody says how many.
const KILLS: u32 = 25;
/// Runs that may be running at once, so that some always wait.
const MAX_RUNNING: usize = 3;
/// Runs that may be queued at once; reached only where the last check fills the queue.
const MAX_QUEUED: usize = 150;
/// Threads that make requests.
const WORKERS: u64 = 4;
/// The longest that the workload runs between two kills.
const LONGEST_LIFE_MS: u64 = 500;

/// What happened, for who reads the output.
#[derive(Debug, Default)]
struct Figures {
    at_work: u32,
    in_start_up: u32,
    amid_a_snapshot: usize,
    resumed: usize,
    recoveries: Vec<Duration>,
}

fn number_from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not {text}")))
}

/// The server's command, on threads and partitions that differ from life to life.
fn command(folder: &Path, rng: &mut Rng) -> Command {
    let mut command = civitas(folder, &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    command.env("CIVITAS_SIM__THREADS", (1 + rng.below(3)).to_string());
    command.env("CIVITAS_SIM__PARTITIONS", (1 + rng.below(4)).to_string());
    command.env("CIVITAS_LIMITS__MAX_RUNNING", MAX_RUNNING.to_string());
    command.env("CIVITAS_LIMITS__MAX_QUEUED", MAX_QUEUED.to_string());
    // Kills here are many, and none is the fault of a run.
    command.env("CIVITAS_LIMITS__MAX_INTERRUPTIONS", "1000000");
    command
}

/// The outcomes of all specifications on a server that nobody disturbs.
fn undisturbed() -> Vec<String> {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__THREADS", "1")]);
    let launched: Vec<_> = (0..SPECS).map(|spec| server.launch(&model::config(spec))).collect();
    launched.iter().map(|id| server.outcome(id)).collect()
}

/// Lets the workload run for a random while; `end` ends the process with this id within it.
fn work_until(server: Server, model: &Model, rng: &mut Rng, end: impl FnOnce(u32)) {
    let life = Duration::from_millis(rng.below(LONGEST_LIFE_MS));
    let (addr, pid) = (server.addr(), server.pid());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            let mut own = Rng::from(rng.next());
            scope.spawn(move || workload::work(&Wire::new(addr), model, &mut own));
        }
        // Not an assertion: a random moment at which the power is cut.
        std::thread::sleep(life);
        end(pid);
    });
    server.kill9();
}

/// Starts a server and kills it before or about when it listens.
fn kill_in_start_up(folder: &Path, usual: Duration, rng: &mut Rng) {
    let (mut process, _) = Process::spawn(command(folder, rng));
    std::thread::sleep(usual.mul_f64(rng.below(1100) as f64 / 1000.0));
    process.child.kill().unwrap();
    process.child.wait().unwrap();
}

/// The random choices of a test with so many kills, whose seed is printed, and what is known before it.
fn begun(kills: u32) -> (Rng, Model) {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = number_from_environment("CIVITAS_TEST_SEED").unwrap_or_else(clock);
    println!("CIVITAS_TEST_SEED={seed} CIVITAS_CRASH_KILLS={kills}");
    (Rng::from(seed), Model::new(undisturbed()))
}

#[test]
fn what_was_acknowledged_survives_kills() {
    let kills = number_from_environment("CIVITAS_CRASH_KILLS").map_or(KILLS, |kills| u32::try_from(kills).unwrap());
    let ((mut rng, model), mut figures) = (begun(kills), Figures::default());
    let folder = tempdir().unwrap();

    while figures.at_work + figures.in_start_up < kills {
        if rng.below(10) < 3
            && let Some(usual) = figures.recoveries.last()
        {
            kill_in_start_up(folder.path(), *usual, &mut rng);
            figures.in_start_up += 1;
            continue;
        }
        let server = started(folder.path(), &model, &mut rng, &mut figures);
        work_until(server, &model, &mut rng, |pid| support::server::signal(pid, "KILL"));
        figures.at_work += 1;
    }

    let server = started(folder.path(), &model, &mut rng, &mut figures);
    check::all_ends(&server, &model, MAX_QUEUED);
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
    report(&model, &mut figures);
}

/// A server on the folder, with everything that was ever acknowledged looked up.
fn started(folder: &Path, model: &Model, rng: &mut Rng, figures: &mut Figures) -> Server {
    let begun = Instant::now();
    let server = Server::from_command(command(folder, rng), &[]);
    figures.recoveries.push(begun.elapsed());
    let said = server.stderr();
    figures.resumed += said.matches("a run was interrupted").count();
    figures.amid_a_snapshot += said.matches("removed chunks of snapshots").count();
    check::nothing_is_lost(&Wire::new(server.addr()), model);
    server
}

fn report(model: &Model, figures: &mut Figures) {
    let Figures { at_work, in_start_up, amid_a_snapshot, resumed, recoveries } = figures;
    recoveries.sort();
    let (median, longest) = (recoveries[recoveries.len() / 2], recoveries[recoveries.len() - 1]);
    println!("kills: {at_work} at work, {in_start_up} in start-up; {amid_a_snapshot} left a snapshot half written");
    println!(
        "interrupted runs that went on: {resumed}; start to listening: median {median:.0?}, longest {longest:.0?}"
    );
    println!("{}", model.figures());
}
