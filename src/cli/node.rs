//! `civitas node`: the questions of a data folder, as lists, trees, pages and comparisons. It reads and runs nothing; what is
//! said is [`crate::nodes`]', in the words of the API.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

use civitas_engine::Catalogue;
use civitas_store::{DEFAULT_TENANT_NAME, NodeId, ProjectId, RunStatus, StoredPatch, TenantId};
use clap::{Args, Subcommand, value_parser};
use serde::Serialize;
use uuid::Uuid;

use super::dataset::tenant;
use super::{Common, must_be_there, open_store, print_line, start_logging};
use crate::error::{Error, Result};
use crate::http::wire::node::{Interval, Node, OutcomeLine, UniverseMap};
use crate::http::wire::node_compare::NodeComparison;
use crate::http::wire::node_query::distinct;
use crate::nodes::{MapQuery, NodeReader, Twig};
use crate::settings::LogSettings;

const EXAMPLES: &str = "Examples:
  civitas node list                       every question with its runs
  civitas node tree --project PROJECT     what adds to what
  civitas node show NODE                  outcomes over its runs, with intervals
  civitas node compare A B                by how much B differs from A, seed by seed

A node is a question: a scenario, whose runs are its answers, one per seed. A server holds its
data folder while it runs: stop it before these commands, or use GET /api/v1/nodes. docs/nodes.md
says how means and intervals are made.";

/// What `node` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NodeArgs {
    #[command(subcommand)]
    command: NodeCommand,
}

/// Flags of every command here.
#[derive(Debug, Args)]
struct Flags {
    /// Tenant whose nodes are meant
    #[arg(long, value_name = "NAME", default_value = DEFAULT_TENANT_NAME)]
    tenant: String,
    /// Print the answer of the API as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Which nodes of a tenant are meant.
#[derive(Debug, Args)]
struct Which {
    /// Only nodes of this project
    #[arg(long, value_name = "ID")]
    project: Option<ProjectId>,
    /// How many at the most; the newest
    #[arg(long, value_name = "N", default_value = "500", value_parser = value_parser!(u32).range(1..=100_000))]
    limit: u32,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    /// List nodes, oldest first.
    List(Which),
    /// Show nodes as trees: every node below its parent, with what it adds.
    Tree(Which),
    /// Show a node: its scenario, what came of its runs, and the runs.
    Show {
        /// The node
        #[arg(value_name = "NODE")]
        node: NodeId,
        #[command(flatten)]
        flags: Flags,
    },
    /// Compare two to four nodes with the first of them.
    Compare {
        /// The nodes
        #[arg(value_name = "NODE", num_args = 2..=4)]
        nodes: Vec<NodeId>,
        #[command(flatten)]
        flags: Flags,
    },
}

/// Does what is asked with the nodes.
pub(super) fn node(args: &NodeArgs, catalogue: &Catalogue) -> Result<ExitCode> {
    let flags = match &args.command {
        NodeCommand::List(which) | NodeCommand::Tree(which) => &which.flags,
        NodeCommand::Show { flags, .. } | NodeCommand::Compare { flags, .. } => flags,
    };
    let settings = flags.common.settings(Vec::new())?;
    start_logging(&LogSettings::at("off"));
    must_be_there(&settings.store.data_dir)?;
    let store = open_store(&settings)?;
    let tenant = tenant(store.as_ref(), &flags.tenant)?;
    let reader = NodeReader::new(store.clone());
    let page = match &args.command {
        NodeCommand::List(which) => listed(&reader, tenant, which, false),
        NodeCommand::Tree(which) => listed(&reader, tenant, which, true),
        NodeCommand::Show { node, flags } => {
            let twig = reader.twig(reader.node(tenant, *node)?)?;
            let card = catalogue.card(&twig.node.spec.model).ok();
            let found = Node::new(twig, &reader.answers(*node)?, card);
            Ok(if flags.json { json(&found) } else { shown(&found) })
        }
        NodeCommand::Compare { nodes, flags } => {
            distinct(nodes).map_err(|error| Error::settings(error.detail, "`civitas node list` shows the ids"))?;
            let (baseline, others) = reader.compared(tenant, nodes)?;
            let found = NodeComparison::new(&baseline, &others);
            Ok(if flags.json { json(&found) } else { compared(&found) })
        }
    };
    store.close();
    print_line(page?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).expect("answers have string keys and finite numbers only")
}

fn listed(reader: &NodeReader, tenant: TenantId, which: &Which, as_trees: bool) -> Result<String> {
    let query = MapQuery { max_depth: None, status: None, limit: which.limit as usize };
    let map = reader.map(tenant, which.project, query)?;
    if which.flags.json {
        return Ok(json(&UniverseMap::new(which.project.unwrap_or(Uuid::nil()), map)));
    }
    if map.nodes.is_empty() {
        return Ok("no nodes; every run of civitas run or of a server makes one, or belongs to one".to_owned());
    }
    let mut page = String::new();
    if map.truncated {
        let _ = writeln!(page, "the newest {} of {} nodes; --limit shows more", map.nodes.len(), map.total);
    }
    let by_id: BTreeMap<NodeId, &Twig> = map.nodes.iter().map(|twig| (twig.node.id, twig)).collect();
    for twig in &map.nodes {
        let is_root = twig.node.parent_id.is_none_or(|parent| !by_id.contains_key(&parent));
        match as_trees {
            true if is_root => branch(&mut page, twig, &map.nodes, 0),
            true => {}
            false => line(&mut page, twig, ""),
        }
    }
    Ok(page)
}

/// A node and all below it; no deeper than trees may be, so that the call stack is bounded.
fn branch(page: &mut String, twig: &Twig, all: &[Twig], depth: usize) {
    line(page, twig, &"  ".repeat(depth));
    for child in all.iter().filter(|child| child.node.parent_id == Some(twig.node.id)) {
        branch(page, child, all, depth + 1);
    }
}

fn line(page: &mut String, twig: &Twig, indent: &str) {
    let node = &twig.node;
    let runs = format!("{} of {} runs", twig.count(RunStatus::Succeeded), twig.runs.len());
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{}  {indent}{}  {}, {runs}{}", node.id, node.name, twig.status(), added(&node.patch));
}

/// What a patch adds, as the end of a line.
fn added(patch: &StoredPatch) -> String {
    let shifts: Vec<_> = patch.variable_deltas.iter().map(|(name, delta)| format!("{name} {delta:+}")).collect();
    let from = if patch.from_tick > 0 { format!(" from tick {}", patch.from_tick) } else { String::new() };
    if shifts.is_empty() { from } else { format!("  [{}{from}]", shifts.join(", ")) }
}

fn shown(node: &Node) -> String {
    let mut page = String::new();
    let item = &node.item;
    let _ = writeln!(page, "{}\n{} in project {}", item.name, item.id, item.project_id);
    let parent = item.parent_node_id.map_or_else(|| "a root".to_owned(), |parent| format!("below {parent}"));
    let _ = writeln!(
        page,
        "{}, {parent}, {} of {} runs done\n",
        item.status, item.run_counts.succeeded, item.run_counts.total
    );
    for variable in node.variables.iter().filter(|variable| variable.delta != 0.0) {
        let _ = writeln!(page, "  {} {:+}: {}", variable.name, variable.delta, variable.value);
    }
    let _ = writeln!(page, "Outcomes");
    for (name, found) in &node.outcomes {
        let _ = writeln!(page, "  {}", outcome(name, found));
    }
    let _ = writeln!(page, "\nRuns");
    for run in &node.runs {
        let _ = writeln!(page, "  {}  seed {:>6}  {:9}  {}", run.id, run.seed, run.status, run.name);
    }
    page
}

fn outcome(name: &str, found: &OutcomeLine) -> String {
    let name = name.replace('_', " ");
    let spread = found.standard_deviation.map_or_else(String::new, |deviation| format!(", s {deviation:.4}"));
    format!("{name:24} {:>9.4}{}{spread}, {} seeds", found.mean, interval(found.interval_95), found.seeds)
}

fn interval(found: Option<Interval>) -> String {
    found.map_or_else(String::new, |found| format!(" [{:.4} to {:.4}]", found.low, found.high))
}

fn compared(found: &NodeComparison) -> String {
    let mut page = String::new();
    for (node, letter) in found.nodes.iter().zip('A'..) {
        let _ = writeln!(page, "{letter}  {}  {}, {} seeds", node.id, node.name, node.seeds);
    }
    for (beside, letter) in found.comparisons.iter().zip('B'..) {
        let _ = writeln!(page, "\n{letter} less A");
        if beside.outcomes.is_empty() {
            let _ = writeln!(page, "  nothing to compare: one of them has no run that has succeeded");
        }
        for (name, change) in &beside.outcomes {
            let how = change.pairs.map_or_else(|| "unpaired".to_owned(), |pairs| format!("{pairs} pairs"));
            let percent = change.percent.map_or_else(String::new, |percent| format!(", {percent:+.2} %"));
            let (name, width) = (name.replace('_', " "), interval(change.interval_95));
            let _ = writeln!(page, "  {name:24} {:>+9.4}{width}{percent}, {how}", change.delta);
        }
    }
    page
}
