//! The turn from one exchange to the next: what partitions publish, for themselves and for each other. Halos that come while
//! this exchange's values are still read wait as they came, so that of others' values there is one column, not two.

use std::sync::Arc;

use crate::error::{EngineError, Result};
use crate::kernel::halo::{Halo, HaloRequest};
use crate::kernel::partition::Partition;
use crate::model::Model;
use crate::pack::{Pack, pack_all, pack_to};

impl<M: Model> Partition<M> {
    /// What agents publish from now on is what was made ready.
    pub(super) fn next_exchange(&mut self) {
        // Without ghosts the two change places, and nothing is copied.
        if self.next.len() == self.now.len() {
            std::mem::swap(&mut self.now, &mut self.next);
        } else {
            self.now[self.view.own..][..self.next.len()].copy_from_slice(&self.next);
        }
        self.exchange += 1;
        for halo in std::mem::take(&mut self.ahead) {
            self.put(&halo);
        }
        self.post.turn();
    }

    /// See [`crate::PartitionKernel::halo_for`].
    pub(super) fn values_for(&mut self, request: &HaloRequest) -> Arc<[u8]> {
        let own = &self.now[self.view.own..][..self.columns.agents.len()];
        match request {
            HaloRequest::Nothing => Arc::from([]),
            HaloRequest::Whole => {
                self.sent.column(own.len() * M::Published::BYTES, |bytes| pack_to(own.iter().copied(), bytes))
            }
            HaloRequest::Some(places) => {
                let mut values = Vec::new();
                pack_all(places.iter().map(|&place| own[place as usize]), &mut values);
                values.into()
            }
        }
    }

    /// See [`crate::PartitionKernel::receive`].
    pub(super) fn take_in(&mut self, halo: &Halo) -> Result<()> {
        let size = M::Published::BYTES;
        let slots = self.view.slots.get(halo.from).cloned().unwrap_or(0..0);
        if halo.values.len() != slots.len() * size {
            return Err(EngineError::State(format!(
                "a halo of {} bytes from partition {}",
                halo.values.len(),
                halo.from
            )));
        }
        let ahead = match halo.exchange.checked_sub(self.exchange) {
            Some(ahead @ (0 | 1)) => ahead as usize,
            _ => {
                let (halo, own) = (halo.exchange, self.exchange);
                return Err(EngineError::State(format!("a halo of exchange {halo} in exchange {own}")));
            }
        };
        self.post.receive(ahead, halo.from, &halo.mail)?;
        if ahead == 0 {
            self.put(halo);
        } else {
            self.ahead.push(Halo { mail: Arc::from([]), ..halo.clone() });
        }
        Ok(())
    }

    /// Puts another partition's values, whose length was checked, in place.
    fn put(&mut self, halo: &Halo) {
        let slots = self.view.slots.get(halo.from).cloned().unwrap_or(0..0);
        let size = M::Published::BYTES;
        if size == 0 {
            return;
        }
        for (slot, bytes) in self.now[slots].iter_mut().zip(halo.values.chunks_exact(size)) {
            *slot = M::Published::unpack(bytes);
        }
    }
}
