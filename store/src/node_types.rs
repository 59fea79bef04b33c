//! What the store keeps of nodes: questions that runs answer, each a scenario that adds to its parent's. Owns what makes two
//! specifications one question. Plain structs in the store's own words, like `types`.

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::{ProjectId, RunMode, StoredEra, StoredSpec, TenantId};

/// Identifies a node; UUID version 7, so ids sort by creation time.
pub type NodeId = Uuid;

/// A question. Once it is stored it never changes: only its runs and its children become more.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct NodeRecord {
    /// The node's id.
    #[bincode(with_serde)]
    pub id: NodeId,
    /// The tenant that owns it.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// The project it belongs to.
    #[bincode(with_serde)]
    pub project_id: ProjectId,
    /// The node whose question it begins with, of the same tenant and project; none for a root.
    #[bincode(with_serde)]
    pub parent_id: Option<NodeId>,
    /// How many nodes stand above it.
    pub depth: u32,
    /// A name for people.
    pub name: String,
    /// The mode of its runs.
    pub mode: RunMode,
    /// What it adds to its parent's scenario.
    pub patch: StoredPatch,
    /// What its runs are asked: that of its first run, with one seed throughout; the others have other seeds.
    pub spec: StoredSpec,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// Who made it (the API key's id, or `local`).
    pub created_by: String,
}

/// What a scenario adds to another.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct StoredPatch {
    /// The tick whose state it first holds in; 0 but for forks.
    pub from_tick: u32,
    /// Shifts of environment variables, by name in rising order.
    pub variable_deltas: Vec<(String, f64)>,
    /// How many effects it adds: so many of those that are in force stand last.
    pub effects: u32,
}

/// Which nodes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodesOf {
    /// All of a tenant, project by project.
    Tenant(TenantId),
    /// Those of a tenant's project.
    Project(TenantId, ProjectId),
    /// The children of a node.
    Parent(NodeId),
}

impl StoredSpec {
    /// The same with this seed in all that is drawn, from birth on.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        let mut eras: Vec<StoredEra> = Vec::with_capacity(self.past.len() + 1);
        for era in self.past.iter().cloned().chain([self.present()]) {
            let mut era = StoredEra { seed, ..era };
            // A shift by nothing is none.
            era.variable_deltas.retain(|(_, delta)| *delta != 0.0);
            match eras.last_mut() {
                Some(last) if last.goes_on_as(&era) => last.until_tick = era.until_tick,
                _ => eras.push(era),
            }
        }
        let present = eras.pop().unwrap_or_default();
        Self { seed, variable_deltas: present.variable_deltas, past: eras, ..self.clone() }
    }

    /// What is asked, whatever the seed and the way of execution: equal for two runs of one node, as is what is stored beside
    /// their records.
    #[must_use]
    pub fn question(&self) -> Self {
        Self { batch_size: 0, snapshot_every_ticks: 0, ..self.with_seed(0) }
    }

    /// What is asked but for the scenario and how long it is followed: equal for a node and its parent.
    #[must_use]
    pub fn setting(&self) -> Self {
        let (variable_deltas, past) = (Vec::new(), Vec::new());
        Self { horizon_ticks: 0, variable_deltas, past, effects: 0, bundle: None, ..self.question() }
    }

    /// The seeds of all ticks, each with the last tick before the next; equal for runs that draw the same.
    #[must_use]
    pub fn seeds(&self) -> Vec<(u32, u64)> {
        let mut seeds: Vec<(u32, u64)> = Vec::with_capacity(self.past.len() + 1);
        // The last seed holds to the end, whatever the horizon.
        let present = (u32::MAX, self.seed);
        for (until_tick, seed) in self.past.iter().map(|era| (era.until_tick, era.seed)).chain([present]) {
            match seeds.last_mut() {
                Some(last) if last.1 == seed => last.0 = until_tick,
                _ => seeds.push((until_tick, seed)),
            }
        }
        seeds
    }

    /// What is in force at the end.
    fn present(&self) -> StoredEra {
        StoredEra {
            until_tick: self.horizon_ticks,
            seed: self.seed,
            horizon_ticks: self.horizon_ticks,
            variable_deltas: self.variable_deltas.clone(),
        }
    }
}

impl StoredEra {
    /// True where a next era changes nothing.
    fn goes_on_as(&self, next: &Self) -> bool {
        let bare = |era: &Self| Self { until_tick: 0, ..era.clone() };
        bare(self) == bare(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(delta: f64) -> Vec<(String, f64)> {
        vec![("social_trust".to_owned(), delta)]
    }

    fn era(until_tick: u32, seed: u64, delta: f64) -> StoredEra {
        StoredEra { until_tick, seed, horizon_ticks: 100, variable_deltas: deltas(delta) }
    }

    fn spec(seed: u64, delta: f64, past: Vec<StoredEra>) -> StoredSpec {
        StoredSpec { seed, horizon_ticks: 100, variable_deltas: deltas(delta), past, ..StoredSpec::default() }
    }

    #[test]
    fn another_seed_is_the_same_question_and_another_scenario_is_not() {
        let asked = spec(1, 0.1, Vec::new());
        assert_eq!(asked.question(), StoredSpec { batch_size: 9, ..spec(2, 0.1, Vec::new()) }.question());
        assert_eq!(asked.question(), spec(8, 0.1, vec![era(60, 7, 0.1)]).question(), "a fork with another seed");
        assert_ne!(asked.question(), spec(1, 0.2, Vec::new()).question());
        assert_ne!(asked.question(), spec(1, 0.1, vec![era(60, 1, 0.2)]).question());
        assert_eq!(spec(1, 0.0, Vec::new()).question(), StoredSpec { horizon_ticks: 100, ..StoredSpec::default() });
        let longer = StoredSpec { horizon_ticks: 200, ..spec(5, 0.3, vec![era(60, 7, 0.1)]) };
        assert_eq!(longer.setting(), asked.setting());
        assert_ne!(longer.setting(), StoredSpec { agents: 5, ..longer.clone() }.setting());
    }

    #[test]
    fn a_seed_throughout_leaves_the_scenarios_history() {
        let forked = spec(8, 0.3, vec![era(30, 6, 0.1), era(60, 7, 0.1)]);
        let one = forked.with_seed(5);
        assert_eq!((one.seed, &one.past[..], one.variable_deltas), (5, &[era(60, 5, 0.1)][..], deltas(0.3)));
    }

    #[test]
    fn runs_that_draw_the_same_have_the_same_seeds() {
        assert_eq!(spec(7, 0.3, vec![era(60, 7, 0.1)]).seeds(), spec(7, 0.1, Vec::new()).seeds());
        assert_eq!(spec(8, 0.1, vec![era(60, 7, 0.1)]).seeds(), [(60, 7), (u32::MAX, 8)]);
    }
}
