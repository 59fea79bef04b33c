//! Writing an audit's file as its run goes on: each moment with one write and nothing kept of it, so that memory is
//! bounded and a crash leaves all moments but the last.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use civitas_engine::{AuditEnd, AuditEntry, AuditSink, World};

use super::format::{Encoder, Shape};
use super::header::Header;
use crate::error::{Error, Result};

/// The largest file that is written without being forced, by [`bytes_at_most`]: 4 GiB.
pub const MAX_UNFORCED_BYTES: u64 = 4 << 30;
/// Room for the header's JSON.
const HEADER_BYTES: u64 = 64 << 10;

/// How large an audit of the run can become: a record for every tick and every step of its workflow.
pub fn bytes_at_most(world: &World, agents: bool) -> u64 {
    let layout = &world.layout;
    let agents = agents.then_some(layout.agents() as usize);
    let plain = !world.kept_traits().is_empty();
    let shape = Shape { regions: layout.regions(), blocks: layout.blocks() as usize, plain, agents };
    let steps = world.spec.workflow.as_ref().map_or(0, |workflow| workflow.steps.len() as u64);
    let moments = u64::from(world.spec.horizon_ticks) + 1 + steps;
    HEADER_BYTES.saturating_add(moments.saturating_mul(shape.state_record()))
}

/// An audit that is being written. Its run has a sink to it; whoever made it asks for the end of it.
pub struct AuditFile(Arc<Mutex<Writing>>);

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Moments of the run.
    pub moments: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

struct Writing {
    path: PathBuf,
    file: File,
    agents: bool,
    encoder: Encoder,
    bytes: u64,
    /// The first thing that went wrong; nothing is written after it.
    problem: Option<io::Error>,
}

impl AuditFile {
    /// Makes the file, which must not exist: an audit may be the only witness of what it shows. `agents` asks for a hash
    /// of every agent.
    ///
    /// # Errors
    /// [`Error::Audit`] when it exists or cannot be made.
    pub fn create(path: &Path, agents: bool) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::audit(path, "exists already", "name another file, or remove this one if it has served its turn")
            }
            _ => Error::audit(path, format!("cannot be made: {error}"), "name a file in a folder that can be written"),
        })?;
        let writing =
            Writing { path: path.to_owned(), file, agents, encoder: Encoder::default(), bytes: 0, problem: None };
        Ok(Self(Arc::new(Mutex::new(writing))))
    }

    /// A sink that writes here, for one run.
    pub fn sink(&self) -> Box<dyn AuditSink> {
        Box::new(FileSink(Arc::clone(&self.0)))
    }

    /// What was written, once the run has ended and it is all on the disk.
    ///
    /// # Errors
    /// [`Error::Audit`] when something could not be written; the file holds what came before.
    pub fn finish(self) -> Result<Written> {
        let mut writing = lock(&self.0);
        let problem = writing.problem.take().or_else(|| writing.file.sync_all().err());
        let moments = writing.encoder.moments();
        match problem {
            None => Ok(Written { moments, bytes: writing.bytes }),
            Some(error) => Err(Error::audit(
                &writing.path,
                format!("could not be written at moment {moments}: {error}"),
                "the run went on without; its results are whole. Make room, or name a file on another disk",
            )),
        }
    }
}

impl Writing {
    /// True when it is written; nothing is written after a failure.
    fn put(&mut self, encode: impl FnOnce(&mut Encoder) -> &[u8]) -> bool {
        if self.problem.is_some() {
            return false;
        }
        let bytes = encode(&mut self.encoder);
        match self.file.write_all(bytes) {
            Ok(()) => self.bytes += bytes.len() as u64,
            Err(error) => self.problem = Some(error),
        }
        self.problem.is_none()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.bytes == 0 {
            // Its run never began: an empty file would only stand in the way. Where it cannot be removed, it may stand.
            drop(fs::remove_file(&self.path));
        }
    }
}

struct FileSink(Arc<Mutex<Writing>>);

impl AuditSink for FileSink {
    fn begin(&mut self, world: &World, partitions: usize, threads: usize) -> bool {
        let mut writing = lock(&self.0);
        let header = Header::of(world, partitions, threads, writing.agents);
        writing.put(|encoder| encoder.header(&header))
    }

    fn record(&mut self, entry: &AuditEntry) -> bool {
        lock(&self.0).put(|encoder| encoder.entry(entry))
    }

    fn end(&mut self, end: AuditEnd) -> bool {
        lock(&self.0).put(|encoder| encoder.end(end))
    }

    fn wants_agents(&self) -> bool {
        lock(&self.0).agents
    }
}

fn lock(writing: &Mutex<Writing>) -> MutexGuard<'_, Writing> {
    writing.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Catalogue, PopulationSpec, Replay, RunSpec};

    use super::*;

    fn spec(ticks: u32) -> RunSpec {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 500 };
        RunSpec { population, horizon_ticks: ticks, ..RunSpec::default() }
    }

    #[test]
    fn a_file_is_as_large_as_was_said_at_the_most() {
        let folder = tempfile::tempdir().unwrap();
        for agents in [false, true] {
            let mut replay = Replay::new(spec(30), &Catalogue::default(), 2, agents).unwrap();
            let path = folder.path().join(agents.to_string());
            let audit = AuditFile::create(&path, agents).unwrap();
            let mut sink = audit.sink();
            let most = bytes_at_most(replay.world(), agents);
            assert!(sink.begin(replay.world(), 2, 1));
            while let Some(entry) = replay.next_entry().unwrap() {
                assert!(sink.record(&entry));
            }
            assert!(sink.end(AuditEnd::Completed));
            let written = audit.finish().unwrap();
            assert_eq!((written.moments, written.bytes), (31, fs::metadata(&path).unwrap().len()));
            assert!(written.bytes <= most && written.bytes + HEADER_BYTES >= most, "{written:?} of {most}");
        }
    }

    #[test]
    fn a_disk_that_refuses_is_told_at_the_end_and_nothing_more_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.audit");
        let audit = AuditFile::create(&path, false).unwrap();
        let world = World::new(spec(5), &Catalogue::default()).unwrap();
        let mut sink = audit.sink();
        assert!(sink.begin(&world, 1, 1));
        // What cannot be written to stands for a disk that is full.
        lock(&audit.0).file = File::open(&path).unwrap();
        let entry = Replay::new(spec(5), &Catalogue::default(), 1, false).unwrap().next_entry().unwrap().unwrap();
        assert!(!sink.record(&entry) && !sink.record(&entry) && !sink.end(AuditEnd::Completed));
        let said = audit.finish().unwrap_err();
        assert!(said.to_string().contains("could not be written at moment 1: "), "{said}");
        assert!(said.hint().is_some_and(|hint| hint.contains("its results are whole")));
    }

    #[test]
    fn a_run_that_never_begins_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.audit");
        drop(AuditFile::create(&path, false).unwrap());
        assert!(!path.exists());
    }
}
