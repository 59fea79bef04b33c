//! What a snapshot keeps of an agent: what its model saves, and the traits that the run's experiment may set, which the
//! model need not save.

use std::sync::Arc;

use crate::World;
use crate::model::{Model, State};
use crate::pack::{Pack, pack_all};
use crate::workflow::Script;

/// What a model keeps of its agents.
type Saved<M> = <<M as Model>::Agent as State>::Saved;

/// The layout of a kept agent.
#[derive(Clone)]
pub(crate) struct Kept {
    /// Bytes of an agent; of a copy one more, which the partition adds.
    pub(crate) bytes: usize,
    /// Bytes of the model's own part, which comes first.
    pub(crate) own: usize,
    /// The experiment whose traits come after it, where it sets any.
    script: Option<Arc<Script>>,
}

impl Kept {
    pub(crate) fn new<M: Model>(world: &World) -> Self {
        let script = world.script.clone().filter(|script| !script.kept.is_empty());
        let own = Saved::<M>::BYTES;
        let arrived = usize::from(world.troupe.is_some());
        Self { bytes: own + script.as_ref().map_or(0, |script| script.kept_bytes()) + arrived, own, script }
    }

    /// Appends what is kept of the agents.
    pub(crate) fn save<M: Model>(&self, model: &M, agents: &[M::Agent], out: &mut Vec<u8>) {
        let Some(script) = &self.script else {
            return pack_all(agents.iter().map(State::save), out);
        };
        for agent in agents {
            pack_all(std::iter::once(agent.save()), out);
            pack_all(script.kept.iter().map(|&place| model.trait_value(agent, place)), out);
        }
    }

    /// Puts back what was kept into an agent as it was born.
    pub(crate) fn restore<M: Model>(&self, model: &M, agent: &mut M::Agent, bytes: &[u8]) {
        let (own, traits) = bytes.split_at(self.own);
        agent.load(Saved::<M>::unpack(own));
        let Some(script) = &self.script else { return };
        for (&place, value) in script.kept.iter().zip(traits.chunks_exact(f64::BYTES)) {
            model.set_trait(agent, place, f64::unpack(value));
        }
    }
}
