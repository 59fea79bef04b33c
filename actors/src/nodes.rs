//! Nodes: which question a run belongs to, and what a child adds to its parent's. Pure: records come in, records go out. It owns
//! the rules (what must be as in the node, how patches add up, how deep and how large), and must not read or write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use civitas_engine::{Cast, Effect, EngineError, RunSpec, Workflow};
use civitas_store::{NodeId, NodeRecord, RunMode, RunRecord, StoredPatch, StoredSpec};
use uuid::Uuid;

use crate::error::{Result, RuntimeError};
use crate::limits::{MAX_NODE_DEPTH, MAX_RUNS_PER_NODE};

/// Decimals that sums of shifts are rounded to: 0.1 and 0.2 is 0.3, whatever their binary forms add up to.
const DECIMALS: f64 = 1e12;

/// Which question a new run belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodePlace {
    /// One of its own, without a parent; runs of one batch that differ by their seed alone share it.
    #[default]
    Root,
    /// One of its own below this one, shared likewise.
    Below(NodeId),
    /// This one: the run asks what its others ask, with another seed.
    Of(NodeId),
}

/// Both shifts, to twelve decimals.
fn sum(a: f64, b: f64) -> f64 {
    ((a + b) * DECIMALS).round() / DECIMALS
}

/// The scenario with these shifts added to its own, from tick 0 on, and these effects after its own.
///
/// # Errors
/// [`EngineError::Invalid`] naming the variable whose sum leaves -1 to 1.
pub fn shifted(
    spec: &RunSpec,
    deltas: &BTreeMap<String, f64>,
    effects: &[Effect],
) -> std::result::Result<RunSpec, EngineError> {
    let mut child = spec.clone();
    child.effects.extend_from_slice(effects);
    let eras = child.past.iter_mut().map(|era| &mut era.variable_deltas).chain([&mut child.variable_deltas]);
    for shifts in eras {
        for (name, &delta) in deltas {
            let parents = shifts.get(name).copied().unwrap_or(0.0);
            let both = sum(parents, delta);
            if !(-1.0..=1.0).contains(&both) {
                let field = format!("scenario_patch.variable_deltas.{name}");
                let problem = format!(
                    "adds to its parent's: {parents} and {delta} come to {both}, and must stay between -1 and 1"
                );
                return Err(EngineError::invalid(field, problem));
            }
            shifts.insert(name.clone(), both);
        }
        shifts.retain(|_, delta| *delta != 0.0);
    }
    Ok(child)
}

/// What a child's scenario adds to its parent's from this tick on; of a root, to nothing.
fn patch(parent: Option<&StoredSpec>, child: &StoredSpec, from_tick: u32) -> StoredPatch {
    let of = |deltas: &[(String, f64)]| deltas.iter().cloned().collect::<BTreeMap<_, _>>();
    let (before, after) =
        (parent.map(|parent| of(&parent.variable_deltas)).unwrap_or_default(), of(&child.variable_deltas));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let shift = |deltas: &BTreeMap<String, f64>, name: &String| deltas.get(name).copied().unwrap_or(0.0);
    let added = names.into_iter().map(|name| (name.clone(), sum(shift(&after, name), -shift(&before, name))));
    let variable_deltas = added.filter(|(_, delta)| *delta != 0.0).collect();
    StoredPatch { from_tick, variable_deltas, effects: 0 }
}

/// What of a run's specification stands beside its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Beside {
    /// What is done to its agents, where it is an experiment.
    workflow: Option<Arc<Workflow>>,
    /// The agents that it names.
    cast: Option<Arc<Cast>>,
    /// The effects of its scenario.
    effects: Vec<Effect>,
}

impl Beside {
    /// Of this specification.
    pub(crate) fn of(spec: &RunSpec) -> Self {
        Self { workflow: spec.workflow.clone(), cast: spec.cast.clone(), effects: spec.effects.clone() }
    }

    /// How many effects come after those of the parent. A fork that ends earlier leaves out those that would begin after its end.
    fn added(&self, parent: Option<&Self>) -> u32 {
        let mut own = self.effects.iter().peekable();
        for theirs in parent.into_iter().flat_map(|parent| &parent.effects) {
            own.next_if_eq(&theirs);
        }
        own.count() as u32
    }
}

/// What is known of a node that runs are to belong to.
pub(crate) struct Known {
    pub(crate) node: NodeRecord,
    /// What stands beside the records of its runs.
    pub(crate) beside: Beside,
    /// How many runs it has.
    pub(crate) runs: usize,
}

/// A run that is to belong somewhere.
pub(crate) struct Asked<'a> {
    pub(crate) record: &'a mut RunRecord,
    pub(crate) place: NodePlace,
    pub(crate) beside: Beside,
    /// What the node is called where it has several runs.
    pub(crate) common_name: Option<&'a str>,
}

/// A node that is being made, with what tells it from others.
struct Made {
    place: NodePlace,
    question: StoredSpec,
    beside: Beside,
    node: NodeRecord,
    runs: usize,
}

/// Has every run belong to its node, and gives the nodes that are new. `known` has those that are named.
///
/// # Errors
/// [`RuntimeError::NodeMismatch`] naming what is not as in the node, [`RuntimeError::NodeLimit`].
pub(crate) fn place(asked: Vec<Asked<'_>>, known: &BTreeMap<NodeId, Known>) -> Result<Vec<NodeRecord>> {
    let mut made: Vec<Made> = Vec::new();
    let mut joining: BTreeMap<NodeId, usize> = BTreeMap::new();
    for Asked { record, place, beside, common_name } in asked {
        let above = match place {
            NodePlace::Root => None,
            NodePlace::Of(id) | NodePlace::Below(id) => Some(known.get(&id).ok_or(RuntimeError::NoNode(id))?),
        };
        if let Some(above) = above {
            belongs(record, &beside, above, place)?;
        }
        if let (NodePlace::Of(id), Some(of)) = (place, above) {
            let more = joining.entry(id).or_insert(of.runs);
            *more += 1;
            within(*more)?;
            (record.node_id, record.parent_node_id) = (Some(id), of.node.parent_id);
            continue;
        }
        let question = record.spec.question();
        let alike = |made: &&mut Made| made.place == place && made.question == question && made.beside == beside;
        let node = match made.iter_mut().find(alike) {
            Some(shared) => {
                shared.runs += 1;
                within(shared.runs)?;
                if let Some(name) = common_name {
                    shared.node.name = name.to_owned();
                }
                &shared.node
            }
            None => {
                let node = new_node(record, &beside, above)?;
                made.push(Made { place, question, beside, node, runs: 1 });
                made.last().map(|made| &made.node).ok_or(RuntimeError::ShuttingDown)?
            }
        };
        (record.node_id, record.parent_node_id) = (Some(node.id), node.parent_id);
    }
    Ok(made.into_iter().map(|made| made.node).collect())
}

/// The node of a run that is its first.
fn new_node(run: &RunRecord, beside: &Beside, above: Option<&Known>) -> Result<NodeRecord> {
    let parent = above.map(|above| &above.node);
    let depth = parent.map_or(0, |parent| parent.depth + 1);
    if depth > MAX_NODE_DEPTH {
        let problem = format!(
            "parent_node_id must stand less than {MAX_NODE_DEPTH} nodes below its root: ask the question without a parent"
        );
        return Err(RuntimeError::NodeLimit(problem));
    }
    let from_tick = run.forked_from.filter(|_| parent.is_some()).map_or(0, |from| from.tick);
    Ok(NodeRecord {
        id: Uuid::now_v7(),
        tenant_id: run.tenant_id,
        project_id: run.project_id,
        parent_id: parent.map(|parent| parent.id),
        depth,
        name: run.name.clone(),
        mode: run.mode,
        patch: StoredPatch {
            effects: beside.added(above.map(|above| &above.beside)),
            ..patch(parent.map(|parent| &parent.spec), &run.spec, from_tick)
        },
        spec: run.spec.with_seed(run.spec.seed),
        created_at_ms: run.created_at_ms,
        created_by: run.created_by.clone(),
    })
}

fn within(runs: usize) -> Result<()> {
    if runs <= MAX_RUNS_PER_NODE { Ok(()) } else { Err(full()) }
}

/// A node has as many runs as it may have.
pub(crate) fn full() -> RuntimeError {
    let problem = format!("a node has at most {MAX_RUNS_PER_NODE} runs: ask the question anew, in a node of its own");
    RuntimeError::NodeLimit(problem)
}

/// Refuses a run that asks something else than its node, or that differs from its parent node by more than the scenario and the
/// horizon.
fn belongs(run: &RunRecord, beside: &Beside, known: &Known, place: NodePlace) -> Result<()> {
    let node = &known.node;
    let mismatch = |field: &str| Err(RuntimeError::NodeMismatch { field: field.to_owned(), node: node.id });
    if run.tenant_id != node.tenant_id {
        return Err(RuntimeError::NoNode(node.id));
    }
    if run.project_id != node.project_id {
        return mismatch("project_id");
    }
    if run.mode != node.mode || beside.workflow != known.beside.workflow {
        return mismatch("mode");
    }
    if beside.cast != known.beside.cast {
        return mismatch(if run.mode == RunMode::Target { "config.target" } else { "config.targets" });
    }
    if place == NodePlace::Of(node.id) && beside.effects != known.beside.effects {
        return mismatch("scenario_patch");
    }
    let (own, theirs) = match place {
        NodePlace::Of(_) => (run.spec.question(), node.spec.question()),
        NodePlace::Below(_) | NodePlace::Root => (run.spec.setting(), node.spec.setting()),
    };
    if own == theirs { Ok(()) } else { mismatch(differing(&own, &theirs)) }
}

/// The first field in which they differ, as requests name it.
fn differing(a: &StoredSpec, b: &StoredSpec) -> &'static str {
    let network = |spec: &StoredSpec| {
        let numbers =
            [spec.mean_degree, spec.rewiring, spec.long_range_share, spec.distance_exponent, spec.border_factor];
        (spec.network.clone(), numbers)
    };
    let fields = [
        ("config.model", a.model == b.model),
        ("config.parameters", a.parameters == b.parameters),
        ("config.population", (&a.dataset, a.agents) == (&b.dataset, b.agents)),
        ("config.network", network(a) == network(b)),
        ("config.scheduler", (&a.activation, a.sample_rate) == (&b.activation, b.sample_rate)),
        ("config.horizon_ticks", a.horizon_ticks == b.horizon_ticks),
        ("config.dataset_version", a.versions == b.versions),
    ];
    fields.into_iter().find(|(_, same)| !same).map_or("scenario_patch", |(field, _)| field)
}

#[cfg(test)]
#[path = "nodes_tests.rs"]
mod tests;
