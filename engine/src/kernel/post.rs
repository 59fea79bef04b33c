//! A partition's post: the letters that its agents wrote in the last tick, those that came from other partitions, and both
//! sorted for those who read them. Letters of a tick stay with the sender's partition until its agents write the next ones,
//! so that an exchange that an experiment causes in between brings the same letters again, in place of the old ones.
//!
//! Everything is in the order of (sender, sequence): agents step by rising id, partitions own rising ids, and sorting by
//! reader keeps the order. It owns no rule about what agents may write; that is the desk's (`model/mail.rs`). Models
//! without mail and events pay nothing: all of it folds away where they are compiled.

use std::ops::Range;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::error::{EngineError, Result};
use crate::kernel::digest::DigestSum;
use crate::kernel::inbox::Inbox;
use crate::kernel::partition::Block;
use crate::model::{Address, Desk, Letter, Model, Sent};
use crate::pack::{Pack, pack_all};
use crate::state::PartitionState;
use crate::tally::Tally;
use crate::{Plan, World};

/// Keeps the hashes of letters apart from those of blocks, whose seeds are their numbers.
const LETTER_SEED: u64 = 1 << 32;

/// The post of one partition.
pub(crate) struct Post<M: Model> {
    desk: Desk<M::Mail>,
    /// The partition's number.
    own: usize,
    /// The agents of every partition.
    owners: Vec<Range<u32>>,
    /// The agents of every region.
    regions: Vec<Range<u32>>,
    /// What the partition's agents wrote in the last tick.
    sent: Vec<Sent<M::Mail>>,
    /// What came from each partition in the current exchange, and in the one after.
    arrived: [Vec<Option<Arc<[u8]>>>; 2],
    inbox: Inbox<M::Mail>,
}

impl<M: Model> Post<M> {
    /// True for models with mail.
    pub(crate) const MAIL: bool = M::Mail::BYTES > 0;
    /// True for models whose agents write anything.
    const DESK: bool = Self::MAIL || !M::EVENTS.is_empty();
    /// Bytes of a letter on its way.
    const LETTER: usize = Sent::<M::Mail>::BYTES;

    /// The post of partition `own` of `plan`, empty.
    pub(crate) fn new(world: &World, plan: &Plan, own: usize) -> Self {
        let layout = &world.layout;
        let partitions = if Self::MAIL { plan.partitions() } else { &[] };
        let regions = if Self::MAIL { layout.regions() } else { 0 };
        let owners: Vec<_> = partitions.iter().map(|blocks| layout.blocks_agents(blocks)).collect();
        let regions: Vec<_> = (0..regions).map(|region| layout.region_agents(region)).collect();
        Self {
            desk: Desk::new((layout.agents(), layout.regions()), M::EVENTS.len(), world.named_agents()),
            own,
            arrived: [vec![None; owners.len()], vec![None; owners.len()]],
            owners,
            regions,
            sent: Vec::new(),
            inbox: Inbox::default(),
        }
    }

    /// Takes the letters of the partition's own agents out of a snapshot.
    ///
    /// # Errors
    /// [`EngineError::State`] for letters that nobody can have written.
    pub(crate) fn restore(&mut self, states: &[PartitionState]) -> Result<()> {
        for state in states {
            if !Self::MAIL && !state.mail.is_empty() || !state.mail.len().is_multiple_of(Self::LETTER) {
                return Err(EngineError::State("letters of another shape".to_owned()));
            }
            let all = state.mail.chunks_exact(Self::LETTER).map(Sent::unpack);
            for letter in all.filter(|letter| self.owners[self.own].contains(&letter.from)) {
                let exists = match letter.to {
                    Address::Agent(id) => self.owners.iter().any(|agents| agents.contains(&id)),
                    Address::Region(region) => (region as usize) < self.regions.len(),
                };
                if !exists || self.sent.last().is_some_and(|before| before.from > letter.from) {
                    return Err(EngineError::State("a letter that nobody can have written".to_owned()));
                }
                self.sent.push(letter);
            }
        }
        Ok(())
    }

    /// Where the agent `id` writes, if its model lets it.
    #[inline]
    pub(crate) fn desk_of(&self, id: u32) -> Option<&Desk<M::Mail>> {
        if !Self::DESK {
            return None;
        }
        self.desk.seat(id);
        Some(&self.desk)
    }

    /// The letters for an agent, given by its place in the partition.
    #[inline]
    pub(crate) fn mail(&self, place: usize) -> &[Letter<M::Mail>] {
        if Self::MAIL { self.inbox.of_agent(place) } else { &[] }
    }

    /// The letters for a region.
    #[inline]
    pub(crate) fn bulletin(&self, region: usize) -> &[Letter<M::Mail>] {
        if Self::MAIL { self.inbox.of_region(region) } else { &[] }
    }

    /// A tick begins: all letters of the last one are sorted by reader. Every other partition's must have come.
    pub(crate) fn open(&mut self) {
        if !Self::MAIL {
            return;
        }
        let mut letters = Vec::new();
        for (from, bytes) in self.arrived[0].iter().enumerate() {
            if from == self.own {
                letters.extend_from_slice(&self.sent);
            } else {
                let bytes = bytes.as_ref().expect("a tick begins when all halos have come");
                letters.extend(bytes.chunks_exact(Self::LETTER).map(Sent::unpack));
            }
        }
        self.inbox.sort(&letters, &self.owners[self.own], &self.regions);
    }

    /// A tick ends: what was written in it is what will be read.
    pub(crate) fn close(&mut self, tally: &mut Tally) {
        if Self::DESK {
            let (written, reported) = self.desk.collect();
            self.sent = written;
            tally.reported = reported;
        }
    }

    /// Another exchange begins: what has come for it already is now what has come.
    pub(crate) fn turn(&mut self) {
        let [now, next] = &mut self.arrived;
        std::mem::swap(now, next);
        next.fill(None);
    }

    /// Takes the letters of another partition's agents, for the current exchange (`ahead` 0) or the one after (1).
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes that are no letters.
    pub(crate) fn receive(&mut self, ahead: usize, from: usize, mail: &Arc<[u8]>) -> Result<()> {
        if !Self::MAIL {
            return Ok(());
        }
        match self.arrived[ahead].get_mut(from) {
            Some(place) if mail.len().is_multiple_of(Self::LETTER) => {
                *place = Some(Arc::clone(mail));
                Ok(())
            }
            _ => Err(EngineError::State(format!("mail of {} bytes from partition {from}", mail.len()))),
        }
    }

    /// The letters for a partition: those to its agents, and to regions that it has agents of.
    pub(crate) fn mail_for(&self, to: usize) -> Arc<[u8]> {
        let Some(agents) = self.owners.get(to) else { return Arc::default() };
        let wanted = |letter: &&Sent<M::Mail>| match letter.to {
            Address::Agent(id) => agents.contains(&id),
            Address::Region(region) => overlap(&self.regions[region as usize], agents),
        };
        packed(&self.sent.iter().filter(wanted).copied().collect::<Vec<_>>()).into()
    }

    /// Bytes of the letters that it holds: as they were written, on their way, and sorted for their readers.
    pub(crate) fn bytes(&self) -> usize {
        if !Self::MAIL {
            return 0;
        }
        let on_their_way = self.arrived.iter().flatten().flatten().map(|bytes| bytes.len());
        size_of_val(&*self.sent) + on_their_way.sum::<usize>() + self.inbox.bytes()
    }

    /// What a snapshot keeps.
    pub(crate) fn save(&self) -> Vec<u8> {
        packed(&self.sent)
    }

    /// Adds the letters on their way to the sum that the digest is made of: one hash each of who wrote it, which of its
    /// letters it is, to whom, and what it says. Also to the hashes of the senders' `blocks`, one for each, if any.
    pub(crate) fn add_to(&self, sum: &mut DigestSum, blocks: &[Block], hashes: &mut [u64]) {
        let (mut sequence, mut last, mut block) = (0, None, 0);
        let mut bytes = vec![0; Self::LETTER];
        for letter in &self.sent {
            sequence = if last == Some(letter.from) { sequence + 1 } else { 0 };
            last = Some(letter.from);
            letter.pack(&mut bytes);
            let hash = xxh3_128_with_seed(&bytes, LETTER_SEED + sequence);
            sum.add(DigestSum(hash));
            while blocks.get(block + 1).is_some_and(|next| next.first_id <= letter.from) {
                block += 1;
            }
            if let Some(of_block) = hashes.get_mut(block) {
                *of_block = of_block.wrapping_add(hash as u64);
            }
        }
    }

    /// The letters that an agent wrote in the last tick, packed.
    pub(crate) fn written_by(&self, id: u32) -> Vec<u8> {
        let first = self.sent.partition_point(|letter| letter.from < id);
        let end = self.sent.partition_point(|letter| letter.from <= id);
        packed(&self.sent[first..end])
    }
}

fn packed<L: Pack>(letters: &[Sent<L>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pack_all(letters.iter().copied(), &mut bytes);
    bytes
}

/// True where two ranges have an id in common.
pub(super) fn overlap(one: &Range<u32>, other: &Range<u32>) -> bool {
    one.start.max(other.start) < one.end.min(other.end)
}
