//! The bytes of an audit's records, there and back; see the module's page for the layout. Pure: no file is known here.

use civitas_engine::{AuditEnd, AuditEntry, DigestSum, Moment, StateHashes};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Header;

/// The version of the format.
pub(super) const FORMAT: u32 = 1;
/// How the first line begins.
pub(super) const MAGIC: &str = "civitas-audit ";
/// Bytes of a record's head.
pub(super) const HEAD: usize = 13;
/// Bytes of a record's checksum.
pub(super) const CHECKSUM: usize = 8;
/// The detail of a state at the end of a tick.
const TICK: u32 = u32::MAX;

/// What decides how long records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of regions.
    pub regions: usize,
    /// Number of blocks.
    pub blocks: usize,
    /// True where the run's experiment sets traits, so that blocks have a second hash without them.
    pub plain: bool,
    /// Number of agents, where each is hashed by itself.
    pub agents: Option<usize>,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    State,
    Environment,
    End,
}

/// A record's head, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) tick: u32,
    pub(super) detail: u32,
}

impl Shape {
    /// Bytes of a record's body.
    pub(super) fn body(&self, kind: Kind) -> usize {
        match kind {
            Kind::State => {
                let hashes = if self.plain { 2 } else { 1 };
                40 + 16 * self.regions + 8 * hashes * self.blocks + 4 * self.agents.unwrap_or(0)
            }
            Kind::Environment => 8 + 8 * self.regions,
            Kind::End => 8,
        }
    }

    /// Bytes of the record of a moment at which agents may have changed, the largest there is.
    pub fn state_record(&self) -> u64 {
        (HEAD + self.body(Kind::State) + CHECKSUM) as u64
    }
}

/// The checksum of the first two lines.
pub(super) fn head_checksum(lines: &[u8]) -> u64 {
    xxh3_64(lines)
}

/// The checksum of a record's head and body.
pub(super) fn checksum(before: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, before)
}

impl Head {
    /// Reads a head; `None` for bytes that were not written so.
    pub(super) fn decode(bytes: &[u8; HEAD], before: u64) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if number(9) != checksum(before, &bytes[..9]) as u32 {
            return None;
        }
        let kind = match bytes[0] {
            b'S' => Kind::State,
            b'C' => Kind::Environment,
            b'E' => Kind::End,
            _ => return None,
        };
        Some(Self { kind, tick: number(1), detail: number(5) })
    }

    /// The entry that the body makes of this head, which is none of an end.
    pub(super) fn entry(self, shape: Shape, body: &[u8]) -> AuditEntry {
        let mut body = Body(body);
        let Self { kind, tick, detail } = self;
        if kind != Kind::State {
            let (metrics, environment) = (body.number(), body.numbers(shape.regions));
            return AuditEntry { tick, moment: Moment::Environment, metrics, environment, state: None };
        }
        let (sum, digest) = (DigestSum(body.wide()), body.wide());
        let (metrics, environment) = (body.number(), body.numbers(shape.regions));
        let (regions, blocks) = (body.numbers(shape.regions), body.numbers(shape.blocks));
        let plain = shape.plain.then(|| body.numbers(shape.blocks));
        let agents = shape.agents.map(|agents| (0..agents).map(|_| u32::from_le_bytes(body.take())).collect());
        let state = Some(StateHashes { sum, digest, regions, blocks, plain, agents });
        let moment = if detail == TICK { Moment::Tick } else { Moment::Step(detail) };
        AuditEntry { tick, moment, metrics, environment, state }
    }

    /// How the run ended, by an end's detail.
    pub(super) fn end(self) -> Option<AuditEnd> {
        [AuditEnd::Completed, AuditEnd::Cancelled, AuditEnd::Failed, AuditEnd::Paused]
            .get(self.detail as usize)
            .copied()
    }
}

/// A body that has as many bytes as its shape says.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_first_chunk().expect("a body is as long as its shape says");
        self.0 = rest;
        *head
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn wide(&mut self) -> u128 {
        u128::from_le_bytes(self.take())
    }

    fn numbers(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.number()).collect()
    }
}

/// Makes the bytes of an audit, part by part: the header, then entries, then the end.
#[derive(Debug, Default)]
pub struct Encoder {
    checksum: u64,
    moments: u64,
    tick: u32,
    bytes: Vec<u8>,
}

impl Encoder {
    /// The first three lines.
    pub fn header(&mut self, header: &Header) -> &[u8] {
        let json = serde_json::to_string(header).expect("a header has string keys and finite numbers only");
        self.bytes = format!("{MAGIC}{FORMAT}\n{json}\n").into_bytes();
        self.checksum = head_checksum(&self.bytes);
        self.bytes.extend_from_slice(format!("{:016x}\n", self.checksum).as_bytes());
        &self.bytes
    }

    /// The record of a moment.
    pub fn entry(&mut self, entry: &AuditEntry) -> &[u8] {
        self.moments += 1;
        self.tick = entry.tick;
        let Some(state) = &entry.state else {
            self.head(b'C', 0);
            self.numbers(&[entry.metrics]);
            self.numbers(&entry.environment);
            return self.sealed();
        };
        self.head(b'S', if let Moment::Step(step) = entry.moment { step } else { TICK });
        self.bytes.extend_from_slice(&state.sum.0.to_le_bytes());
        self.bytes.extend_from_slice(&state.digest.to_le_bytes());
        self.numbers(&[entry.metrics]);
        let plain = state.plain.as_deref().unwrap_or_default();
        for numbers in [&entry.environment, &state.regions, &state.blocks, plain] {
            self.numbers(numbers);
        }
        let agents = state.agents.iter().flatten();
        self.bytes.extend(agents.flat_map(|hash| hash.to_le_bytes()));
        self.sealed()
    }

    /// The record of the end.
    pub fn end(&mut self, end: AuditEnd) -> &[u8] {
        let detail = match end {
            AuditEnd::Completed => 0,
            AuditEnd::Cancelled => 1,
            AuditEnd::Failed => 2,
            AuditEnd::Paused => 3,
        };
        self.head(b'E', detail);
        self.numbers(&[self.moments]);
        self.sealed()
    }

    /// Records of moments so far.
    pub fn moments(&self) -> u64 {
        self.moments
    }

    fn head(&mut self, kind: u8, detail: u32) {
        self.bytes.clear();
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&self.tick.to_le_bytes());
        self.bytes.extend_from_slice(&detail.to_le_bytes());
        let check = checksum(self.checksum, &self.bytes) as u32;
        self.bytes.extend_from_slice(&check.to_le_bytes());
    }

    fn numbers(&mut self, numbers: &[u64]) {
        self.bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn sealed(&mut self) -> &[u8] {
        self.checksum = checksum(self.checksum, &self.bytes);
        self.bytes.extend_from_slice(&self.checksum.to_le_bytes());
        &self.bytes
    }
}
