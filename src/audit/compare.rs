//! Where two audits part: both are read side by side, tick by tick, until the state differs or one of them ends. Only the
//! moments at hand are held, so files of any length are compared.
//!
//! Within a tick the moments of equal workflows are compared one by one. Where the workflows differ, one audit may have
//! moments that the other has not; then what counts is how the tick begins and how it ends.

use civitas_engine::{AuditEntry, Layout, Moment, StateHashes};

use super::read::{AuditReader, Next};
use crate::error::Result;

/// The first moment at which something differs, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Departure {
    pub(super) tick: u32,
    /// The moments after the tick, in either audit.
    pub(super) moments: [Moment; 2],
    pub(super) regions: Vec<usize>,
    pub(super) blocks: Vec<u32>,
    /// The agents, where both audits hash every one.
    pub(super) agents: Option<Vec<u32>>,
}

/// The first differences, each as far as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub(super) environment: Option<Departure>,
    pub(super) metrics: Option<Departure>,
    pub(super) state: Option<Departure>,
}

/// What came of a comparison.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) first: Differences,
    /// Moments read of either audit, up to and with the one at which the state differs.
    pub(super) moments: [u64; 2],
    /// Those of A that were compared, and not passed over because B begins later.
    pub(super) compared: u64,
    /// The last tick that both have.
    pub(super) tick: u32,
    /// What stands at the end of either, where it was reached.
    pub(super) ends: [Option<Next>; 2],
}

impl Differences {
    /// True when nothing differs.
    pub(super) fn none(&self) -> bool {
        self.environment.is_none() && self.metrics.is_none() && self.state.is_none()
    }

    /// Notes what differs between two views, for what has not differed before.
    pub(super) fn note(&mut self, a: &View, b: &View, layout: &Layout, plain: bool) {
        let at = |regions| Departure {
            tick: a.tick,
            moments: [a.moment, b.moment],
            regions,
            blocks: Vec::new(),
            agents: None,
        };
        if self.environment.is_none() && a.environment != b.environment {
            self.environment = Some(at(places(&a.environment, &b.environment)));
        }
        if self.metrics.is_none() && a.metrics != b.metrics {
            self.metrics = Some(at(Vec::new()));
        }
        if self.state.is_none()
            && let Some((one, other)) = a.state.as_ref().zip(b.state.as_ref())
            && differ(one, other, plain)
        {
            let blocks: Vec<_> =
                places(blocks_of(one, plain), blocks_of(other, plain)).into_iter().map(|block| block as u32).collect();
            let mut regions: Vec<_> = blocks.iter().map(|&block| layout.region_of_block(block)).collect();
            regions.dedup();
            let agents = one.agents.as_ref().zip(other.agents.as_ref());
            let agents = agents.map(|(a, b)| places(a, b).into_iter().map(|id| id as u32).collect());
            self.state = Some(Departure { blocks, agents, ..at(regions) });
        }
    }
}

fn differ(a: &StateHashes, b: &StateHashes, plain: bool) -> bool {
    let sums_differ = !plain && a.sum != b.sum;
    sums_differ
        || blocks_of(a, plain) != blocks_of(b, plain)
        || a.agents.as_ref().zip(b.agents.as_ref()).is_some_and(|(a, b)| a != b)
}

/// The hashes of blocks: plain ones leave out what the run's experiment sets, where it sets anything.
fn blocks_of(state: &StateHashes, plain: bool) -> &[u64] {
    state.plain.as_ref().filter(|_| plain).unwrap_or(&state.blocks)
}

/// Places at which two lists of the same length differ.
fn places<T: PartialEq>(a: &[T], b: &[T]) -> Vec<usize> {
    a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b).map(|(place, _)| place).collect()
}

/// All that is known at a moment: what an entry leaves out is as it was.
#[derive(Debug)]
pub(super) struct View {
    tick: u32,
    moment: Moment,
    metrics: u64,
    environment: Vec<u64>,
    state: Option<StateHashes>,
}

impl View {
    /// Before the first moment.
    pub(super) fn new() -> Self {
        Self { tick: 0, moment: Moment::Tick, metrics: 0, environment: Vec::new(), state: None }
    }

    /// Takes in the next moment.
    pub(super) fn take(&mut self, entry: AuditEntry) {
        let AuditEntry { tick, moment, metrics, environment, state } = entry;
        let state = state.or_else(|| self.state.take());
        *self = Self { tick, moment, metrics, environment, state };
    }
}

/// One audit with the moment after the one at hand.
struct Side<'a> {
    reader: &'a mut AuditReader,
    ahead: Option<AuditEntry>,
    view: View,
    taken: u64,
    end: Option<Next>,
}

impl<'a> Side<'a> {
    fn new(reader: &'a mut AuditReader) -> Result<Self> {
        let mut side = Self { reader, ahead: None, view: View::new(), taken: 0, end: None };
        side.look()?;
        Ok(side)
    }

    fn look(&mut self) -> Result<()> {
        match self.reader.next_part()? {
            Next::Entry(entry) => self.ahead = Some(*entry),
            end => self.end = Some(end),
        }
        Ok(())
    }

    /// True when the next moment is of this tick.
    fn has(&self, tick: u32) -> bool {
        self.ahead.as_ref().is_some_and(|entry| entry.tick == tick)
    }

    /// Goes on by one moment; `false` where there is none of this tick.
    fn take(&mut self, tick: u32) -> Result<bool> {
        if !self.has(tick) {
            return Ok(false);
        }
        if let Some(entry) = self.ahead.take() {
            self.view.take(entry);
            self.taken += 1;
            self.look()?;
        }
        Ok(true)
    }
}

/// Compares two audits of runs whose agents are laid out alike.
///
/// # Errors
/// [`crate::error::Error::Audit`] when one of them cannot be read or is damaged.
pub(super) fn compare(a: &mut AuditReader, b: &mut AuditReader) -> Result<Comparison> {
    let layout = a.layout().clone();
    // Runs that keep other traits differ in every block by that alone; what their model saves can be compared.
    let plain = a.header().kept_traits != b.header().kept_traits;
    let (mut a, mut b) = (Side::new(a)?, Side::new(b)?);
    let mut first = Differences::default();
    // One of a fork begins later: what only the other has is passed over.
    let begins = |side: &Side<'_>| side.ahead.as_ref().map_or(0, |entry| entry.tick);
    let mut tick = begins(&a).max(begins(&b));
    for side in [&mut a, &mut b] {
        for earlier in begins(side)..tick {
            while side.take(earlier)? {}
        }
    }
    let passed = a.taken;
    // Ticks follow each other without a gap, which the reader has checked.
    while first.state.is_none() && a.has(tick) && b.has(tick) {
        compare_tick(&mut a, &mut b, tick, (&layout, plain), &mut first)?;
        tick += 1;
    }
    let done = first.state.is_none();
    let ends = [a.end.filter(|_| done && a.ahead.is_none()), b.end.filter(|_| done && b.ahead.is_none())];
    let compared = a.taken - passed;
    Ok(Comparison { first, moments: [a.taken, b.taken], compared, tick: tick.saturating_sub(1), ends })
}

fn compare_tick(
    a: &mut Side<'_>,
    b: &mut Side<'_>,
    tick: u32,
    (layout, plain): (&Layout, bool),
    first: &mut Differences,
) -> Result<()> {
    let mut aligned = true;
    loop {
        let (of_a, of_b) = (a.take(tick)?, b.take(tick)?);
        if !of_a && !of_b {
            break;
        }
        aligned &= of_a && of_b && a.view.moment == b.view.moment;
        if aligned {
            first.note(&a.view, &b.view, layout, plain);
            if first.state.is_some() {
                return Ok(());
            }
        }
    }
    first.note(&a.view, &b.view, layout, plain);
    Ok(())
}
