//! What agents tell besides what they publish: letters to other agents and to regions, and events for the results. It owns
//! the letter as its reader finds it and the desk at which a step writes; how letters travel is the kernel's affair
//! (`kernel/post.rs`), what comes of events that of [`crate::reported`].

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::sync::Arc;

use super::Around;
use crate::guard::model_fault;
use crate::pack::Pack;
use crate::reported::Reported;

/// The most letters that one agent writes in a tick: a model that needs more means a region, or publishes.
pub const MAX_LETTERS_PER_AGENT: u32 = 1_024;

/// The most bytes of letters that the agents of one partition write in a tick: they are part of what a snapshot keeps of
/// it. A run is split so that every agent can write at least [`MIN_LETTERS_EACH`] letters in the same tick.
pub const MAX_PARTITION_MAIL_BYTES: usize = 112 << 20;

/// As many letters as all agents can write in the same tick, however many agents there are.
pub const MIN_LETTERS_EACH: usize = 4;

/// A letter, as its reader finds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letter<L> {
    /// The id of the agent that wrote it.
    pub from: u32,
    /// What it says.
    pub content: L,
}

/// Whom a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// The agent of this id.
    Agent(u32),
    /// Every agent of the region of this number.
    Region(u32),
}

/// A letter on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sent<L> {
    pub(crate) from: u32,
    pub(crate) to: Address,
    pub(crate) content: L,
}

impl<L: Pack> Pack for Sent<L> {
    const BYTES: usize = 9 + L::BYTES;

    fn pack(&self, out: &mut [u8]) {
        let (kind, to) = match self.to {
            Address::Agent(id) => (0_u8, id),
            Address::Region(region) => (1, region),
        };
        (kind, (self.from, to)).pack(&mut out[..9]);
        self.content.pack(&mut out[9..]);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (kind, (from, to)) = <(u8, (u32, u32))>::unpack(&bytes[..9]);
        let to = if kind == 0 { Address::Agent(to) } else { Address::Region(to) };
        Self { from, to, content: L::unpack(&bytes[9..]) }
    }
}

/// Where the agents of a partition write while they step, one after the other.
pub(crate) struct Desk<L> {
    /// How many agents and regions there are to write to, and kinds of events to report.
    agents: u32,
    regions: usize,
    kinds: usize,
    /// Agents all of whose reports are kept, rising.
    watched: Arc<[u32]>,
    /// The most letters that fit.
    room: usize,
    /// Who is writing, and how many letters and reports it has written in this tick.
    writer: Cell<u32>,
    letters: Cell<u32>,
    reports: Cell<u32>,
    written: RefCell<Vec<Sent<L>>>,
    reported: RefCell<Reported>,
}

impl<L: Pack> Desk<L> {
    pub(crate) fn new((agents, regions): (u32, usize), kinds: usize, watched: Arc<[u32]>) -> Self {
        Self {
            agents,
            regions,
            kinds,
            watched,
            room: MAX_PARTITION_MAIL_BYTES / Sent::<L>::BYTES,
            writer: Cell::new(0),
            letters: Cell::new(0),
            reports: Cell::new(0),
            written: RefCell::default(),
            reported: RefCell::new(Reported::of(kinds)),
        }
    }

    /// Another agent sits down to write.
    #[inline]
    pub(crate) fn seat(&self, writer: u32) {
        self.writer.set(writer);
        self.letters.set(0);
        self.reports.set(0);
    }

    /// All that was written since the last call, in the order of agents.
    pub(crate) fn collect(&mut self) -> (Vec<Sent<L>>, Reported) {
        (self.written.take(), self.reported.replace(Reported::of(self.kinds)))
    }

    fn write(&self, to: Address, content: L) {
        let from = self.writer.get();
        match to {
            Address::Agent(id) => assert!(
                id < self.agents,
                "agent {from} writes to agent {id}, whom there is not: ids run from 0 to {}",
                self.agents - 1
            ),
            Address::Region(region) => assert!(
                (region as usize) < self.regions,
                "agent {from} writes to region {region}, which there is not: regions run from 0 to {}",
                self.regions - 1
            ),
        }
        self.letters.set(self.letters.get() + 1);
        assert!(
            self.letters.get() <= MAX_LETTERS_PER_AGENT,
            "agent {from} writes more than {MAX_LETTERS_PER_AGENT} letters in a tick"
        );
        let mut written = self.written.borrow_mut();
        assert!(
            written.len() < self.room,
            "the agents of one partition write more than {} letters in a tick; use more partitions",
            self.room
        );
        written.push(Sent { from, to, content });
    }

    fn report(&self, kind: usize, value: f32) {
        let from = self.writer.get();
        assert!(kind < self.kinds, "agent {from} reports event {kind}, of which the model has {}", self.kinds);
        assert!(value.is_finite(), "agent {from} reports an event of value {value}, which must be finite");
        let sequence = self.reports.get();
        self.reports.set(sequence + 1);
        let mut reported = self.reported.borrow_mut();
        reported.add(from, sequence, kind, value);
        if self.watched.binary_search(&from).is_ok() {
            reported.watch(from, sequence, kind, value);
        }
    }
}

impl<P, L> Around<'_, P, L> {
    /// Ends the run as failed with `MODEL_FAULT` and this sentence, which begins with the agent: for a step that finds that its
    /// numbers make no sense. It does not return. What the run came to up to the last tick is kept.
    #[cold]
    pub fn fault(&self, problem: impl Display) -> ! {
        model_fault(format_args!("agent {}: {problem}", self.id))
    }
}

impl<P, L: Pack> Around<'_, P, L> {
    /// Writes to an agent, given by its id: it reads the letter in the next tick, if it acts in it, and then the letter is
    /// gone. One may write to oneself. In [`crate::Model::explain`] nothing is sent.
    ///
    /// A model without mail (`type Mail = ()`) does not compile with this call.
    ///
    /// # Panics
    /// For an id that nobody has, and beyond [`MAX_LETTERS_PER_AGENT`] letters in a tick: mistakes in the model.
    #[inline]
    pub fn send(&self, to: u32, content: L) {
        const { assert!(L::BYTES > 0, "a model with mail says what a letter holds: `type Mail` of a byte or more") };
        if let Some(desk) = self.desk {
            desk.write(Address::Agent(to), content);
        }
    }

    /// Writes to everybody in a region, given by its number, oneself included where it is one's own; otherwise as
    /// [`Around::send`]. A region in which nobody lives takes letters that nobody reads.
    ///
    /// # Panics
    /// For a region that does not exist, and beyond [`MAX_LETTERS_PER_AGENT`] letters in a tick.
    #[inline]
    pub fn send_to_region(&self, region: usize, content: L) {
        const { assert!(L::BYTES > 0, "a model with mail says what a letter holds: `type Mail` of a byte or more") };
        if let Some(desk) = self.desk {
            desk.write(Address::Region(u32::try_from(region).unwrap_or(u32::MAX)), content);
        }
    }

    /// Reports that something has happened to the agent in this tick: `kind` is a place in [`crate::Model::EVENTS`], and
    /// `value` what the results show beside it. In [`crate::Model::explain`] nothing is reported.
    ///
    /// # Panics
    /// For a kind that the model does not list, and for a value that is not finite: mistakes in the model.
    #[inline]
    pub fn report(&self, kind: usize, value: f32) {
        if let Some(desk) = self.desk {
            desk.report(kind, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_back_from_their_bytes() {
        for to in [Address::Agent(7), Address::Region(50)] {
            let letter = Sent { from: 3, to, content: (4_u16, -0.5_f32) };
            let mut bytes = [0; Sent::<(u16, f32)>::BYTES];
            letter.pack(&mut bytes);
            assert_eq!(Sent::unpack(&bytes), letter);
        }
    }

    #[test]
    #[should_panic = "the agents of one partition write more than 3 letters in a tick; use more partitions"]
    fn a_full_desk_says_so() {
        let desk = Desk { room: 3, ..Desk::<u8>::new((10, 1), 0, Arc::default()) };
        for writer in 0..4 {
            desk.seat(writer);
            desk.write(Address::Agent(9), 0);
        }
    }
}
