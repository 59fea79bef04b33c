//! What nodes look like in answers, made from what [`crate::nodes`] reads. Owns the field names; it must not read anything that
//! is not handed in.

use std::collections::BTreeMap;

use civitas_engine::{Effect, ModelCard};
use civitas_store::{RunRecord, RunStatus, StoredSpec};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fork::ForkedFrom;
use super::run::Config;
use super::scenario::{EffectInForce, ScenarioPatchInForce};
use crate::nodes::{Answer, Lines, NodeMap, Twig, observations, summaries};
use crate::statistics;
use crate::time;

/// A node in a tree.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeItem {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// The node whose scenario it adds to; null for a root.
    pub parent_node_id: Option<Uuid>,
    /// How many nodes stand above it.
    pub depth: u32,
    /// Its name.
    pub name: String,
    /// The mode of its runs.
    #[schema(example = "society")]
    pub mode: &'static str,
    /// `running` while any of its runs is, else `queued` or `paused` where any is so, else `succeeded` where any has, else
    /// `failed`, else `cancelled`.
    #[schema(example = "succeeded")]
    pub status: &'static str,
    /// When it was made, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Who made it: an API key's id, or `local`.
    pub created_by: String,
    /// What it adds to its parent's scenario.
    pub patch: NodePatch,
    /// How many runs it has.
    pub run_counts: RunCounts,
    /// How many children it has.
    pub children: usize,
}

/// What a node adds to its parent's scenario.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodePatch {
    /// The tick whose state it first holds in; 0 but for nodes that came of forks.
    pub from_tick: u32,
    /// What it adds to the parent's shifts of environment variables.
    #[schema(example = json!({"economy_confidence": 0.2}))]
    pub variable_deltas: BTreeMap<String, f64>,
    /// The effects that it adds, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectInForce>,
    /// The bundle of event scripts that it adds; null where it adds none. Its effects are the last of the others.
    pub event_bundle_id: Option<Uuid>,
}

/// How many runs a node has, by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunCounts {
    /// In all.
    pub total: usize,
    /// That wait.
    pub queued: usize,
    /// That are being stepped.
    pub running: usize,
    /// That rest.
    pub paused: usize,
    /// That reached their horizon.
    pub succeeded: usize,
    /// That ended by an error.
    pub failed: usize,
    /// That were ended by somebody.
    pub cancelled: usize,
}

/// A node, whole.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Node {
    /// What it is in a tree.
    #[serde(flatten)]
    pub item: NodeItem,
    /// What is in force in the end, its parents' patches included; null where nothing is shifted.
    pub effective_patch: Option<ScenarioPatchInForce>,
    /// The configuration of the run that it was made with; its other runs have other seeds.
    pub config: Config,
    /// With which values the environment begins once all shifts are in force; what an experiment sets besides is not in them.
    pub variables: Vec<VariableState>,
    /// The lines of its runs' outcomes, over their seeds.
    pub outcomes: BTreeMap<String, OutcomeLine>,
    /// All of its runs, oldest first.
    pub runs: Vec<NodeRun>,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VariableState {
    /// Its name.
    pub name: &'static str,
    /// The model's value.
    pub default: f32,
    /// By how much it is shifted.
    pub delta: f64,
    /// Default and shift, kept within the range.
    pub value: f32,
    /// Its smallest value.
    pub minimum: u8,
    /// Its largest value.
    pub maximum: u8,
}

/// A line of outcomes, over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct OutcomeLine {
    /// How many different seeds have succeeded.
    pub seeds: usize,
    /// Their arithmetic mean.
    pub mean: f64,
    /// Their sample standard deviation; null for one.
    pub standard_deviation: Option<f64>,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The 95 % interval of the mean by Student's t; null for one.
    pub interval_95: Option<Interval>,
}

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A run of a node.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeRun {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: &'static str,
    /// Its seed, which is its last one where it was forked.
    pub seed: u64,
    /// Where it was forked from; null for a run that began at tick 0.
    pub forked_from: Option<ForkedFrom>,
    /// When it was created, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The lines of its outcome; null unless it has succeeded.
    #[schema(example = json!({"adoption_rate": 0.72}))]
    pub outcomes: Option<Lines>,
}

/// The nodes of a project.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UniverseMap {
    /// The project.
    pub project_id: Uuid,
    /// Its nodes, in the order in which they were made.
    pub nodes: Vec<NodeItem>,
    /// From parents to children, between nodes that are shown.
    pub edges: Vec<Edge>,
    /// How many nodes the project has in all.
    pub total: usize,
    /// More match than are shown; the newest are.
    pub truncated: bool,
}

/// From a parent to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Edge {
    /// The parent.
    pub from: Uuid,
    /// The child.
    pub to: Uuid,
}

/// A page of a node's children.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeList {
    /// The children of this page, oldest first.
    pub items: Vec<NodeItem>,
    /// How many there are in all.
    pub total: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// Items per page.
    pub size: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl From<Twig> for NodeItem {
    fn from(twig: Twig) -> Self {
        let (status, run_counts, patch) = (twig.status(), RunCounts::of(&twig), NodePatch::of(&twig));
        let Twig { node, children, .. } = twig;
        Self {
            id: node.id,
            project_id: node.project_id,
            parent_node_id: node.parent_id,
            depth: node.depth,
            name: node.name,
            mode: node.mode.as_str(),
            status: status.as_str(),
            created_at: time::rfc3339(node.created_at_ms),
            created_by: node.created_by,
            patch,
            run_counts,
            children,
        }
    }
}

impl RunCounts {
    fn of(twig: &Twig) -> Self {
        Self {
            total: twig.runs.len(),
            queued: twig.count(RunStatus::Queued),
            running: twig.count(RunStatus::Running),
            paused: twig.count(RunStatus::Paused),
            succeeded: twig.count(RunStatus::Succeeded),
            failed: twig.count(RunStatus::Failed),
            cancelled: twig.count(RunStatus::Cancelled),
        }
    }
}

impl NodePatch {
    /// What a node adds.
    pub fn of(twig: &Twig) -> Self {
        let patch = &twig.node.patch;
        let parents = twig.effects.len().saturating_sub(patch.effects as usize);
        Self {
            from_tick: patch.from_tick,
            variable_deltas: patch.variable_deltas.iter().cloned().collect(),
            effects: twig.effects[parents..].iter().cloned().map(EffectInForce::from).collect(),
            event_bundle_id: bundle_of(&twig.effects[parents..]),
        }
    }
}

/// The bundle that the last of these effects with a cause came from.
fn bundle_of(effects: &[Effect]) -> Option<Uuid> {
    let cause = effects.iter().rev().find_map(|effect| effect.cause.as_ref())?;
    Uuid::parse_str(&cause.bundle).ok()
}

/// The configuration of a node's first run.
fn config(twig: &Twig) -> Config {
    Config::from(&twig.node.spec).with_effects(twig.effects.clone())
}

/// What is in force in the end.
pub fn effective_patch(twig: &Twig) -> Option<ScenarioPatchInForce> {
    config(twig).scenario_patch
}

/// Every line over the seeds that have succeeded.
pub fn outcome_lines(answers: &[Answer]) -> BTreeMap<String, OutcomeLine> {
    summaries(&observations(answers)).into_iter().map(|(name, line)| (name, line.into())).collect()
}

/// The variables of a node's model as its scenario leaves them.
pub fn variables(card: Option<&ModelCard>, spec: &StoredSpec) -> Vec<VariableState> {
    let deltas: BTreeMap<&str, f64> =
        spec.variable_deltas.iter().map(|(name, delta)| (name.as_str(), *delta)).collect();
    let state = |name: &'static str, default: f32| {
        let delta = deltas.get(name).copied().unwrap_or_default();
        // As the engine adds them up.
        let value = (default + delta as f32).clamp(0.0, 1.0);
        VariableState { name, default, delta, value, minimum: 0, maximum: 1 }
    };
    card.into_iter().flat_map(|card| card.variables).map(|variable| state(variable.name, variable.default)).collect()
}

impl Node {
    /// A node with its runs; `card` describes its model.
    pub fn new(twig: Twig, answers: &[Answer], card: Option<&ModelCard>) -> Self {
        let spec = &twig.node.spec;
        Self {
            effective_patch: effective_patch(&twig),
            config: config(&twig),
            variables: variables(card, spec),
            outcomes: outcome_lines(answers),
            runs: answers.iter().map(NodeRun::from).collect(),
            item: NodeItem::from(twig),
        }
    }
}

impl From<&Answer> for NodeRun {
    fn from(Answer { record, lines }: &Answer) -> Self {
        Self { outcomes: lines.as_deref().cloned(), ..Self::from(record) }
    }
}

impl From<&RunRecord> for NodeRun {
    fn from(record: &RunRecord) -> Self {
        Self {
            id: record.id,
            name: record.name.clone(),
            status: record.status.as_str(),
            seed: record.spec.seed,
            forked_from: ForkedFrom::of(record),
            created_at: time::rfc3339(record.created_at_ms),
            outcomes: None,
        }
    }
}

impl From<statistics::Interval> for Interval {
    fn from(statistics::Interval { low, high }: statistics::Interval) -> Self {
        Self { low, high }
    }
}

impl From<statistics::Summary> for OutcomeLine {
    fn from(found: statistics::Summary) -> Self {
        Self {
            seeds: found.n,
            mean: found.mean,
            standard_deviation: found.standard_deviation,
            min: found.min,
            max: found.max,
            interval_95: found.interval_95.map(Interval::from),
        }
    }
}

impl UniverseMap {
    /// The map of a project.
    pub fn new(project_id: Uuid, map: NodeMap) -> Self {
        let nodes: Vec<NodeItem> = map.nodes.into_iter().map(NodeItem::from).collect();
        let shown: std::collections::BTreeSet<Uuid> = nodes.iter().map(|node| node.id).collect();
        let edge = |node: &NodeItem| {
            node.parent_node_id.filter(|from| shown.contains(from)).map(|from| Edge { from, to: node.id })
        };
        let edges = nodes.iter().filter_map(edge).collect();
        Self { project_id, nodes, edges, total: map.total, truncated: map.truncated }
    }
}
