//! What comparing nodes looks like in answers: beside a baseline, and along the way from a root. Owns the field names; what is
//! paired with what is [`crate::nodes`]' matter.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::node::{Interval, NodePatch, OutcomeLine, effective_patch};
use super::scenario::ScenarioPatchInForce;
use crate::nodes::{Observations, Observed, differences, summaries};
use crate::statistics::Difference;

/// Two to four nodes beside the first of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeComparison {
    /// The first node that was named.
    pub baseline_node_id: Uuid,
    /// All that were named, in that order.
    pub nodes: Vec<ComparedNode>,
    /// Every other one beside the first.
    pub comparisons: Vec<Beside>,
}

/// A node that is compared.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ComparedNode {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The node whose scenario it adds to; null for a root.
    pub parent_node_id: Option<Uuid>,
    /// How many nodes stand above it.
    pub depth: u32,
    /// Its project.
    pub project_id: Uuid,
    /// Ticks that its runs are asked for.
    pub horizon_ticks: u32,
    /// What is in force in the end; null where nothing is shifted.
    pub effective_patch: Option<ScenarioPatchInForce>,
    /// How many different seeds have succeeded.
    pub seeds: usize,
    /// The lines of outcomes over these seeds.
    pub outcomes: BTreeMap<String, OutcomeLine>,
}

/// A node beside the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Beside {
    /// The node.
    pub node_id: Uuid,
    /// The baseline.
    pub baseline_node_id: Uuid,
    /// By how much each line that both have is above the baseline's.
    pub outcomes: BTreeMap<String, LineChange>,
}

/// By how much a line is above another node's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct LineChange {
    /// `paired` seed by seed, or `unpaired`.
    #[schema(example = "paired")]
    pub method: &'static str,
    /// The other node's mean over the seeds that were compared.
    pub baseline_mean: f64,
    /// This node's mean over the seeds that were compared.
    pub mean: f64,
    /// Their difference.
    pub delta: f64,
    /// The difference in per cent of the size of `baseline_mean`; null where that is 0.
    pub percent: Option<f64>,
    /// How many seeds both have; null where they are not paired.
    pub pairs: Option<usize>,
    /// Standard error of the difference; null of too few seeds.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of its t; null of too few seeds.
    pub degrees_of_freedom: Option<f64>,
    /// The 95 % interval of the difference; null of too few seeds.
    pub interval_95: Option<Interval>,
}

/// The way from the root to a node.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathAnalysis {
    /// The node.
    pub node_id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// How many nodes stand above it.
    pub depth: u32,
    /// From the root to the node.
    pub steps: Vec<PathStep>,
}

/// A node on the way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathStep {
    /// Its id.
    pub node_id: Uuid,
    /// Its name.
    pub name: String,
    /// How many nodes stand above it.
    pub depth: u32,
    /// What it adds to its parent's scenario.
    pub patch: NodePatch,
    /// What has come together up to here; null where nothing is shifted.
    pub effective_patch: Option<ScenarioPatchInForce>,
    /// Ticks that its runs are asked for.
    pub horizon_ticks: u32,
    /// How many different seeds have succeeded.
    pub seeds: usize,
    /// The lines of outcomes over these seeds.
    pub outcomes: BTreeMap<String, OutcomeLine>,
    /// By how much each line is above its parent's; null for the root.
    pub change_from_parent: Option<BTreeMap<String, LineChange>>,
    /// By how much each line is above the root's; null for the root.
    pub change_from_root: Option<BTreeMap<String, LineChange>>,
}

fn lines(observations: &Observations) -> BTreeMap<String, OutcomeLine> {
    summaries(observations).into_iter().map(|(name, line)| (name, line.into())).collect()
}

fn changes(from: &Observations, to: &Observations) -> BTreeMap<String, LineChange> {
    differences(from, to).into_iter().map(|(name, change)| (name, change.into())).collect()
}

impl From<Difference> for LineChange {
    fn from(found: Difference) -> Self {
        Self {
            method: if found.pairs.is_some() { "paired" } else { "unpaired" },
            baseline_mean: found.baseline_mean,
            mean: found.mean,
            delta: found.delta,
            percent: found.percent(),
            pairs: found.pairs,
            standard_error: found.standard_error,
            degrees_of_freedom: found.degrees_of_freedom,
            interval_95: found.interval_95.map(Interval::from),
        }
    }
}

impl NodeComparison {
    /// The first node with those that are compared with it.
    pub fn new(baseline: &Observed, others: &[Observed]) -> Self {
        let id = baseline.0.node.id;
        let beside = |(twig, observations): &Observed| Beside {
            node_id: twig.node.id,
            baseline_node_id: id,
            outcomes: changes(&baseline.1, observations),
        };
        Self {
            baseline_node_id: id,
            nodes: std::iter::once(baseline).chain(others).map(ComparedNode::from).collect(),
            comparisons: others.iter().map(beside).collect(),
        }
    }
}

impl From<&Observed> for ComparedNode {
    fn from((twig, observations): &Observed) -> Self {
        let node = &twig.node;
        Self {
            id: node.id,
            name: node.name.clone(),
            parent_node_id: node.parent_id,
            depth: node.depth,
            project_id: node.project_id,
            horizon_ticks: node.spec.horizon_ticks,
            effective_patch: effective_patch(twig),
            seeds: observations.len(),
            outcomes: lines(observations),
        }
    }
}

impl PathAnalysis {
    /// The way from `root` over `below` to the last of them.
    pub fn new(root: &Observed, below: &[Observed]) -> Self {
        let last = &below.last().unwrap_or(root).0.node;
        let parents = std::iter::once(root).chain(below);
        let first = PathStep { change_from_parent: None, change_from_root: None, ..PathStep::of(root, root, root) };
        let rest = below.iter().zip(parents).map(|(step, parent)| PathStep::of(step, parent, root));
        Self {
            node_id: last.id,
            project_id: last.project_id,
            depth: last.depth,
            steps: std::iter::once(first).chain(rest).collect(),
        }
    }
}

impl PathStep {
    fn of((twig, observations): &Observed, parent: &Observed, root: &Observed) -> Self {
        let node = &twig.node;
        Self {
            node_id: node.id,
            name: node.name.clone(),
            depth: node.depth,
            patch: NodePatch::of(twig),
            effective_patch: effective_patch(twig),
            horizon_ticks: node.spec.horizon_ticks,
            seeds: observations.len(),
            outcomes: lines(observations),
            change_from_parent: Some(changes(&parent.1, observations)),
            change_from_root: Some(changes(&root.1, observations)),
        }
    }
}
