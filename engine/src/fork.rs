//! One run's state as the state of another that goes on from it. Owns what a fork may be: another seed, scenario or horizon
//! from that tick on, and nothing else; what was born stays as it was born. It must not read or write.

use std::sync::Arc;

use crate::World;
use crate::coordinator::Coordinator;
use crate::error::Result;
use crate::kernel::Catalogue;
use crate::simulation::{Saved, Simulation};
use crate::spec::{RunSpec, Turn};

impl Coordinator {
    /// The environment and history of `child` where it takes over the history that `parent` saved; agents' states are the
    /// same for both.
    ///
    /// # Errors
    /// [`crate::EngineError::State`] for bytes that are not of `parent`, or where `child` is not the same run up to their tick.
    pub fn fork(parent: &World, child: Arc<World>, history: &[u8]) -> Result<Self> {
        Self::restore_from(child, parent, history)
    }
}

impl Simulation {
    /// A run that goes on from what another was when it was saved, split into at most `partitions` partitions, with
    /// another seed, scenario or horizon from there on.
    ///
    /// # Errors
    /// [`crate::EngineError`] when the turn is wrong or the saved state is of another run.
    pub fn fork(parent: &RunSpec, turn: Turn, catalogue: &Catalogue, partitions: usize, saved: Saved) -> Result<Self> {
        let child = parent.turned(saved.tick, turn);
        let world = World::new(child.clone(), catalogue)?;
        let history = Coordinator::fork(&*World::new(parent.clone(), catalogue)?, world, &saved.history)?.save();
        Self::resume(child, catalogue, partitions, Saved { history, ..saved })
    }
}
