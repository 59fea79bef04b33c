//! Reading an audit's file, moment by moment: every byte is checked before it is believed, and only one moment is held at
//! a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use civitas_engine::{AuditEnd, AuditEntry, Layout, Moment, StateHashes, region_hashes, state_digest};

use super::format::{CHECKSUM, FORMAT, HEAD, Head, Kind, MAGIC, Shape, checksum, head_checksum};
use super::header::Header;
use crate::error::{Error, Result};

/// The longest line of a header, in bytes: far above the largest specification that is accepted.
const MAX_LINE: u64 = 64 << 20;
const REMEDY: &str = "take the file anew from where it was made, or run again with --audit";

/// What comes next in an audit.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A moment.
    Entry(Box<AuditEntry>),
    /// The end of the run.
    End(AuditEnd),
    /// The end of the file without an end of the run: what was killed before it was done, or a file that was cut. All
    /// before it is sound.
    Cut,
}

/// An audit that is being read.
pub struct AuditReader {
    path: PathBuf,
    input: BufReader<File>,
    header: Header,
    layout: Layout,
    shape: Shape,
    checksum: u64,
    offset: u64,
    moments: u64,
    last_tick: Option<u32>,
    ended: Option<Next>,
    bytes: Vec<u8>,
}

impl AuditReader {
    /// Opens an audit and reads its header.
    ///
    /// # Errors
    /// [`Error::Audit`] when the file cannot be read, is no audit, is of another format, or is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let wrong = |problem: String, hint: &str| Error::audit(path, problem, hint);
        let file = File::open(path).map_err(|error| wrong(format!("cannot be read: {error}"), "check the name"))?;
        let mut input = BufReader::new(file);
        let (first, whole) = line(&mut input, path)?;
        check_format(path, &first)?;
        let cut = || wrong("is cut within its header".to_owned(), REMEDY);
        if !whole {
            return Err(cut());
        }
        let (second, _) = line(&mut input, path)?;
        let (third, whole) = line(&mut input, path)?;
        if !whole {
            return Err(cut());
        }
        let lines = [first.as_slice(), &second].concat();
        let sum = head_checksum(&lines);
        if third != format!("{sum:016x}\n").as_bytes() {
            return Err(wrong("is damaged: its header has another checksum".to_owned(), REMEDY));
        }
        let header: Header = serde_json::from_slice(&second)
            .map_err(|error| wrong(format!("has a header that makes no sense here: {error}"), REMEDY))?;
        let layout = header.layout().map_err(|problem| wrong(problem, REMEDY))?;
        let shape = header.shape(&layout);
        let offset = (lines.len() + third.len()) as u64;
        let path = path.to_owned();
        let (moments, last_tick, ended, bytes) = (0, None, None, Vec::new());
        Ok(Self { path, input, header, layout, shape, checksum: sum, offset, moments, last_tick, ended, bytes })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the agents are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What comes next; the end stays the end.
    ///
    /// # Errors
    /// [`Error::Audit`] when the file cannot be read or is damaged.
    pub fn next_part(&mut self) -> Result<Next> {
        if let Some(ended) = &self.ended {
            return Ok(ended.clone());
        }
        let next = self.record()?;
        if !matches!(next, Next::Entry(_)) {
            self.ended = Some(next.clone());
        }
        Ok(next)
    }

    fn record(&mut self) -> Result<Next> {
        if self.fill(0, HEAD)? < HEAD {
            return Ok(Next::Cut);
        }
        let head: &[u8; HEAD] = self.bytes[..HEAD].try_into().expect("a head was just read");
        let head = Head::decode(head, self.checksum).ok_or_else(|| self.damaged("the head of a record"))?;
        let (body, end) = (HEAD + self.shape.body(head.kind), HEAD + self.shape.body(head.kind) + CHECKSUM);
        if self.fill(HEAD, end)? < end {
            return Ok(Next::Cut);
        }
        let sum = checksum(self.checksum, &self.bytes[..body]);
        if self.bytes[body..end] != sum.to_le_bytes() {
            return Err(self.damaged("a record"));
        }
        let next = match head.kind {
            Kind::End => self.end(head, HEAD..body)?,
            Kind::State | Kind::Environment => {
                let entry = head.entry(self.shape, &self.bytes[HEAD..body]);
                self.check(&entry)?;
                self.moments += 1;
                self.last_tick = Some(entry.tick);
                Next::Entry(Box::new(entry))
            }
        };
        self.checksum = sum;
        self.offset += end as u64;
        Ok(next)
    }

    fn end(&mut self, head: Head, body: std::ops::Range<usize>) -> Result<Next> {
        let moments = self.bytes[body].try_into().map(u64::from_le_bytes).ok();
        let end = head.end().filter(|_| moments == Some(self.moments));
        let end = end.ok_or_else(|| self.contradiction("its end counts other moments than there are"))?;
        let mut more = [0];
        match self.input.read(&mut more) {
            Ok(0) => Ok(Next::End(end)),
            Ok(_) => Err(self.contradiction("something follows its end")),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// Whole files are made of ticks that follow each other, and of hashes that add up; anything else was not written by
    /// civitas.
    fn check(&self, entry: &AuditEntry) -> Result<()> {
        let follows = match (self.last_tick, entry.moment) {
            // That of a fork begins where the fork does. Nothing can be missing: the chain of checksums begins with the header.
            (None, moment) => moment == Moment::Tick,
            (Some(last), Moment::Tick) => Some(entry.tick) == last.checked_add(1),
            (Some(last), Moment::Step(_) | Moment::Environment) => entry.tick == last,
        };
        if !follows {
            return Err(self.contradiction(&format!("tick {} is out of turn", entry.tick)));
        }
        match &entry.state {
            Some(state) if !self.adds_up(entry.tick, state) => {
                Err(self.contradiction(&format!("the hashes of tick {} do not add up to its digest", entry.tick)))
            }
            _ => Ok(()),
        }
    }

    fn adds_up(&self, tick: u32, state: &StateHashes) -> bool {
        let model = &self.header.model;
        let sum = state.regions.iter().fold(0_u64, |sum, &hash| sum.wrapping_add(hash));
        sum == state.sum.0 as u64
            && state.regions == region_hashes(&self.layout, &state.blocks)
            && state.digest == state_digest(&model.name, &model.version, self.layout.agents(), tick, state.sum)
    }

    /// Reads up to `end` bytes of a record, of which there are `start`; how many there are then.
    fn fill(&mut self, start: usize, end: usize) -> Result<usize> {
        self.bytes.resize(end, 0);
        let mut have = start;
        while have < end {
            match self.input.read(&mut self.bytes[have..]) {
                Ok(0) => break,
                Ok(read) => have += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
        Ok(have)
    }

    fn damaged(&self, what: &str) -> Error {
        let after =
            self.last_tick.map_or_else(|| "before its first tick".to_owned(), |tick| format!("after tick {tick}"));
        let problem = format!("is damaged {after}: {what} at byte {} has another checksum", self.offset);
        Error::audit(&self.path, problem, REMEDY)
    }

    fn contradiction(&self, what: &str) -> Error {
        Error::audit(&self.path, format!("contradicts itself at byte {}: {what}", self.offset), REMEDY)
    }

    fn unreadable(&self, error: &std::io::Error) -> Error {
        Error::audit(&self.path, format!("cannot be read at byte {}: {error}", self.offset), REMEDY)
    }
}

/// A line with its line feed, and whether it has one.
fn line(input: &mut BufReader<File>, path: &Path) -> Result<(Vec<u8>, bool)> {
    let mut line = Vec::new();
    let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
    read.map_err(|error| Error::audit(path, format!("cannot be read: {error}"), REMEDY))?;
    let whole = line.ends_with(b"\n");
    Ok((line, whole))
}

fn check_format(path: &Path, line: &[u8]) -> Result<()> {
    let version = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix(MAGIC)).map(str::trim_end);
    match version.map(str::parse::<u32>) {
        Some(Ok(FORMAT)) => Ok(()),
        Some(Ok(other)) => Err(Error::audit(
            path,
            format!("is an audit of format {other}; this civitas reads format {FORMAT}"),
            "use the civitas that wrote it, or a newer one",
        )),
        _ => Err(Error::audit(path, "is not an audit", "audits are made by `civitas run --audit FILE`")),
    }
}
