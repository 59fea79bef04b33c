//! The body of POST /nodes/fork and its answer: a child of a node, with some seeds. Owns which seeds are meant where none are
//! named, and what the child and its runs are called.

use std::collections::BTreeSet;

use civitas_actors::{CreatedBatch, NewRun, NodePlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::config::{RunConfig, ScenarioPatch, bounded};
use super::create::{MAX_NAME_CHARS, check_name};
use super::node::NodeItem;
use super::number::Whole;
use super::object::optional;
use super::place::Wish;
use super::scenario::Changes;
use crate::http::errors::{ApiError, ApiResult};

/// The most runs that a fork of a node may have: those of a batch.
const MAX_SEEDS: usize = super::batch::MAX_VARIATIONS;

/// A child of a node to make, with its first runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForkNode {
    /// The node whose scenario it adds to.
    #[schema(value_type = Uuid, required = true)]
    pub parent_node_id: Option<Uuid>,
    /// A name for people; its parent's with the patch where it is left out.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// What it adds to its parent's scenario.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// The seeds of its runs, 1 to 50 different ones.
    #[schema(value_type = Option<Vec<u64>>, min_items = 1, max_items = 50, example = json!([1, 2, 3]))]
    pub seeds: Option<Vec<Whole>>,
    /// How many runs it has, in place of `seeds`: first with the seeds of its parent's, then with the next higher ones.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 50)]
    pub runs: Option<Whole>,
    /// Start the runs as places free up.
    #[schema(default = false)]
    pub auto_run: Option<bool>,
    /// `horizon_ticks`, `snapshot_every_ticks` and `scheduler.batch_size` may differ from its parent's; all else must be as
    /// there, or be left out.
    #[serde(default, deserialize_with = "optional")]
    pub config: Option<RunConfig>,
}

/// A child that was made.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeForked {
    /// The child.
    pub node: NodeItem,
    /// The batch that its runs were created in.
    pub batch_id: Uuid,
    /// Its runs, in the order of their seeds' listing.
    pub runs: Vec<ForkedRun>,
    /// How many they are.
    pub total: usize,
}

/// A run of a child that was made.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ForkedRun {
    /// The run.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: &'static str,
    /// Its seed.
    pub seed: u64,
}

impl ForkNode {
    /// The parent.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` where none is named.
    pub fn parent(&self) -> ApiResult<Uuid> {
        self.parent_node_id.ok_or_else(|| ApiError::invalid("parent_node_id is required"))
    }

    /// The child's runs, each like `like`, a run of the parent, but for what is said here. `parents` are the seeds of the
    /// parent's runs, oldest first.
    ///
    /// # Errors
    /// `NODE_MISMATCH` or `VALIDATION_ERROR` starting with the field.
    pub fn runs_of(self, like: &NewRun, parents: &[u64]) -> ApiResult<Vec<NewRun>> {
        if let Some(name) = &self.name {
            check_name("name", name)?;
        }
        let mut config = self.config.unwrap_or_default();
        if config.seed.is_some() {
            return Err(ApiError::invalid("config.seed must be left out: name the runs' seeds in seeds"));
        }
        let patch = match (config.scenario_patch.take(), self.scenario_patch) {
            (Some(base), Some(over)) => Some(base.merged(over)),
            (base, over) => over.or(base),
        };
        let seeds = seeds(self.seeds, self.runs, parents)?;
        let name = match self.name {
            Some(name) => name,
            None => called(&like.name, patch.as_ref())?,
        };
        let place = match like.node {
            NodePlace::Of(parent) | NodePlace::Below(parent) => NodePlace::Below(parent),
            NodePlace::Root => return Err(ApiError::internal()),
        };
        let run = |(index, seed): (usize, u64)| {
            let own = if seeds.len() == 1 { name.clone() } else { ended(&name, &format!(" {}", index + 1)) };
            let config = RunConfig { seed: Some(Whole(seed.into())), ..config.clone() };
            let wish = Wish { name: own, config, scenario_patch: patch.clone(), ..Wish::default() };
            let run = wish.of(place, like.clone())?;
            Ok(NewRun { node_name: Some(name.clone()), ..run })
        };
        seeds.iter().copied().enumerate().map(run).collect()
    }
}

/// The parent's name with what is added to its scenario.
fn called(parent: &str, patch: Option<&ScenarioPatch>) -> ApiResult<String> {
    let Changes { variable_deltas, effects, chosen, .. } = patch.cloned().unwrap_or_default().changes()?;
    let mut said: Vec<_> = variable_deltas.iter().map(|(name, delta)| format!("{name} {delta:+}")).collect();
    said.extend((!effects.is_empty()).then(|| format!("{} effects", effects.len())));
    said.extend(chosen.map(|_| "a bundle of events".to_owned()));
    let said: String = said.join(", ").chars().take(MAX_NAME_CHARS / 2).collect();
    Ok(ended(parent, &if said.is_empty() { ", again".to_owned() } else { format!(", {said}") }))
}

/// A name with an end, cut where both are too long.
fn ended(name: &str, end: &str) -> String {
    name.chars().take(MAX_NAME_CHARS - end.chars().count()).chain(end.chars()).collect()
}

/// The seeds that are meant: those that are named, or so many, or those of the parent's runs.
fn seeds(named: Option<Vec<Whole>>, number: Option<Whole>, parents: &[u64]) -> ApiResult<Vec<u64>> {
    if named.is_some() && number.is_some() {
        return Err(ApiError::invalid(
            "seeds and runs exclude each other: name the seeds, or how many there are to be",
        ));
    }
    let mut known = BTreeSet::new();
    let mut seeds: Vec<u64> = Vec::new();
    if let Some(named) = named {
        if !(1..=MAX_SEEDS).contains(&named.len()) {
            return Err(ApiError::invalid(format!(
                "seeds must have between 1 and {MAX_SEEDS} entries, not {}",
                named.len()
            )));
        }
        for (index, seed) in named.into_iter().enumerate() {
            let seed = bounded(&format!("seeds[{index}]"), Some(seed), (0, u64::MAX.into()))?.unwrap_or_default();
            if !known.insert(seed) {
                return Err(ApiError::invalid(format!(
                    "seeds[{index}] is {seed} once more: runs of one seed are the same"
                )));
            }
            seeds.push(seed);
        }
        return Ok(seeds);
    }
    let number: Option<u32> = bounded("runs", number, (1, MAX_SEEDS as i128))?;
    let most = number.map_or(MAX_SEEDS, |number| number as usize);
    seeds.extend(parents.iter().copied().filter(|seed| known.insert(*seed)).take(most));
    let mut next = seeds.iter().copied().max().unwrap_or_default();
    while seeds.len() < number.unwrap_or(1) as usize {
        next = next.wrapping_add(1);
        if known.insert(next) {
            seeds.push(next);
        }
    }
    Ok(seeds)
}

impl NodeForked {
    /// A child that was made with these runs.
    pub fn new(node: NodeItem, created: CreatedBatch) -> Self {
        let run = |run: civitas_store::RunRecord| ForkedRun {
            id: run.id,
            name: run.name,
            status: run.status.as_str(),
            seed: run.spec.seed,
        };
        let runs: Vec<_> = created.runs.into_iter().map(run).collect();
        Self { node, batch_id: created.batch.id, total: runs.len(), runs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(named: Option<&[i128]>, number: Option<i128>, parents: &[u64]) -> Result<Vec<u64>, String> {
        let named = named.map(|named| named.iter().map(|&seed| Whole(seed)).collect());
        seeds(named, number.map(Whole), parents).map_err(|error| error.detail)
    }

    #[test]
    fn seeds_are_the_parents_and_then_the_next() {
        assert_eq!(chosen(None, None, &[7, 3, 7, 5]).unwrap(), [7, 3, 5]);
        assert_eq!(chosen(None, Some(2), &[7, 3, 5]).unwrap(), [7, 3]);
        assert_eq!(chosen(None, Some(5), &[7, 3, 5]).unwrap(), [7, 3, 5, 8, 9]);
        assert_eq!(
            chosen(None, Some(3), &[u64::MAX, 0]).unwrap(),
            [u64::MAX, 0, 1],
            "after the last seed comes the first"
        );
        assert_eq!(chosen(Some(&[4, 2]), None, &[7]).unwrap(), [4, 2]);
        assert_eq!(chosen(None, None, &[]).unwrap().len(), 1);
        assert_eq!(chosen(None, None, &(0..80).collect::<Vec<_>>()).unwrap().len(), 50);
        assert!(chosen(Some(&[1]), Some(1), &[]).unwrap_err().starts_with("seeds and runs exclude each other"));
        assert!(
            chosen(Some(&[]), None, &[]).unwrap_err().starts_with("seeds must have between 1 and 50 entries, not 0")
        );
        assert!(chosen(Some(&[1, 1]), None, &[]).unwrap_err().starts_with("seeds[1] is 1 once more"));
        assert!(chosen(Some(&[1, -1]), None, &[]).unwrap_err().starts_with("seeds[1] must be between"));
        assert!(chosen(None, Some(51), &[]).unwrap_err().starts_with("runs must be between 1 and 50"));
    }

    #[test]
    fn a_child_without_a_name_is_called_by_what_it_changes() {
        let patch: ScenarioPatch =
            serde_json::from_str(r#"{"variable_deltas": {"social_trust": -0.2, "a": 0.1}}"#).unwrap();
        assert_eq!(called("Baseline", Some(&patch)).unwrap(), "Baseline, a +0.1, social_trust -0.2");
        assert_eq!(called("Baseline", None).unwrap(), "Baseline, again");
        assert_eq!(called(&"ä".repeat(200), Some(&patch)).unwrap().chars().count(), 200);
    }
}
