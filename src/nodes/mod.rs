//! What nodes say of themselves, read from the store: their runs, outcomes over seeds, differences, trees. It runs nothing and
//! changes nothing. Owns which runs count and which belong together; the arithmetic is [`crate::statistics`]', the JSON
//! [`crate::http::wire::node`]'s. The server and the command line share it.

mod outcomes;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use civitas_actors::{Result, RuntimeError};
use civitas_store::{NodeId, NodeRecord, RunRecord, RunStatus, Store, TenantId};

pub use outcomes::{Lines, OutcomeCache};
pub use tree::{MapQuery, NodeMap, Twig};

use crate::statistics::{Difference, Summary, paired, summary, unpaired};

/// The most nodes that are compared with one another: as many as can be told apart on a page.
pub const MAX_COMPARED: usize = 4;

/// Fewest seeds in common for which runs are compared seed by seed.
const MIN_PAIRS: usize = 2;

/// Reads nodes of a store. Clones share what they have read of outcomes.
#[derive(Clone)]
pub struct NodeReader {
    store: Arc<dyn Store>,
    outcomes: Arc<OutcomeCache>,
}

/// A run with its outcome.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The run.
    pub record: RunRecord,
    /// The lines of its summary; none unless it has succeeded.
    pub lines: Option<Arc<Lines>>,
}

/// Outcomes by the seeds that they were drawn with.
pub type Observations = BTreeMap<Vec<(u32, u64)>, Arc<Lines>>;

/// A node with what its runs say.
pub type Observed = (Twig, Observations);

impl NodeReader {
    /// A reader that has read nothing yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, outcomes: Arc::default() }
    }

    /// The runs of a node with what came of them, oldest first. Waits for the disk.
    ///
    /// # Errors
    /// [`civitas_actors::RuntimeError::Store`].
    pub fn answers(&self, node: NodeId) -> Result<Vec<Answer>> {
        let mut answers = Vec::new();
        for (id, _) in self.store.node_runs(node)? {
            // A run that an index names is there; one that is not would be the doctor's matter.
            let Some(record) = self.store.run(id)? else { continue };
            let lines = match record.status {
                RunStatus::Succeeded => Some(self.outcomes.of(self.store.as_ref(), id)?),
                _ => None,
            };
            answers.push(Answer { record, lines });
        }
        Ok(answers)
    }

    /// The first of these nodes, and the others, with what their runs say.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`], [`RuntimeError::NodeModels`].
    pub fn compared(&self, tenant: TenantId, ids: &[NodeId]) -> Result<(Observed, Vec<Observed>)> {
        let nodes = ids.iter().map(|&id| self.node(tenant, id)).collect::<Result<Vec<_>>>()?;
        let models = nodes.iter().map(|node| &node.spec.model);
        for (first, other) in models.clone().zip(models.skip(1)) {
            if first != other {
                return Err(RuntimeError::NodeModels(first.clone(), other.clone()));
            }
        }
        self.observed(nodes)
    }

    /// The root above a node, and the nodes from there down to it, with what their runs say.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`].
    pub fn observed_path(&self, tenant: TenantId, id: NodeId) -> Result<(Observed, Vec<Observed>)> {
        self.observed(self.path(tenant, id)?)
    }

    /// The first and the others; there must be one.
    fn observed(&self, nodes: Vec<NodeRecord>) -> Result<(Observed, Vec<Observed>)> {
        let of = |node: NodeRecord| {
            let said = observations(&self.answers(node.id)?);
            Ok((self.twig(node)?, said))
        };
        let mut all = nodes.into_iter().map(of);
        let first = all.next().ok_or(RuntimeError::NoNode(NodeId::nil()))??;
        Ok((first, all.collect::<Result<_>>()?))
    }
}

/// What runs say that have succeeded. Of several with the same seeds the first: the others say the same. Forks that went on with
/// another seed share their past with their parent, so that they are no answers of their own where there are runs that share less.
pub fn observations(answers: &[Answer]) -> Observations {
    let mut found = Observations::new();
    for answer in answers {
        if let Some(lines) = &answer.lines {
            found.entry(answer.record.spec.seeds()).or_insert_with(|| Arc::clone(lines));
        }
    }
    let fewest = found.keys().map(Vec::len).min().unwrap_or(0);
    found.retain(|seeds, _| seeds.len() == fewest);
    found
}

/// Every line in short, by name.
pub fn summaries(observations: &Observations) -> BTreeMap<String, Summary> {
    let names: BTreeSet<&String> = observations.values().flat_map(|lines| lines.keys()).collect();
    let of = |name: &String| summary(&values(observations, name)).map(|summary| (name.clone(), summary));
    names.into_iter().filter_map(of).collect()
}

/// By how much the lines that both have are above those of the baseline: in pairs of runs with the same seeds where there are two
/// or more of those, or nothing better; else mean against mean.
pub fn differences(baseline: &Observations, other: &Observations) -> BTreeMap<String, Difference> {
    let names: BTreeSet<&String> = other.values().flat_map(|lines| lines.keys()).collect();
    names.into_iter().filter_map(|name| difference(baseline, other, name).map(|found| (name.clone(), found))).collect()
}

fn difference(baseline: &Observations, other: &Observations, name: &str) -> Option<Difference> {
    let pair =
        |(seeds, lines): (&Vec<(u32, u64)>, &Arc<Lines>)| Some((*lines.get(name)?, *other.get(seeds)?.get(name)?));
    let pairs: Vec<_> = baseline.iter().filter_map(pair).collect();
    if pairs.len() >= MIN_PAIRS {
        return paired(&pairs);
    }
    let apart = unpaired(&values(baseline, name), &values(other, name))?;
    if apart.interval_95.is_some() { Some(apart) } else { paired(&pairs).or(Some(apart)) }
}

fn values(observations: &Observations, name: &str) -> Vec<f64> {
    observations.values().filter_map(|lines| lines.get(name).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(list: &[(u64, f64)]) -> Observations {
        let lines = |value: f64| Arc::new(Lines::from([("rate".to_owned(), value)]));
        list.iter().map(|&(seed, value)| (vec![(u32::MAX, seed)], lines(value))).collect()
    }

    #[test]
    fn seeds_in_common_make_pairs() {
        let baseline = observed(&[(1, 0.1), (2, 0.2), (3, 0.9)]);
        let found = differences(&baseline, &observed(&[(2, 0.5), (1, 0.3), (7, 0.0)]))["rate"];
        assert_eq!(found.pairs, Some(2));
        assert!((found.delta - 0.25).abs() < 1e-12 && (found.baseline_mean - 0.15).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn without_them_means_are_compared() {
        let baseline = observed(&[(1, 0.1), (2, 0.2)]);
        let found = differences(&baseline, &observed(&[(1, 0.5), (7, 0.7)]))["rate"];
        assert!(found.pairs.is_none() && found.interval_95.is_some(), "one pair says less than two means: {found:?}");
        let single = differences(&observed(&[(1, 0.1)]), &observed(&[(1, 0.5)]))["rate"];
        assert_eq!((single.pairs, single.interval_95), (Some(1), None));
        let strange = differences(&observed(&[(1, 0.1)]), &observed(&[(2, 0.5)]))["rate"];
        assert_eq!((strange.pairs, strange.delta), (None, 0.4));
        assert!(differences(&baseline, &observed(&[])).is_empty() && differences(&observed(&[]), &baseline).is_empty());
    }
}
