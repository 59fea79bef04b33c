// The nodes of a project as trees, and what is said of them. Pure: the answers of the API go in.
import type { Seed } from "../../api/json";
import type { Config } from "../../api/types";
import type { Patch } from "../../lib/scenario";

/** A node as listings have it. */
export interface NodeItem {
  id: string;
  project_id: string;
  parent_node_id: string | null;
  depth: number;
  name: string;
  status: "queued" | "running" | "paused" | "succeeded" | "failed" | "cancelled";
  created_at: string;
  patch: Patch | null;
  run_counts: { total: number; succeeded: number; [status: string]: number };
  children: number;
}

/** What a line of the outcome is over a node's seeds. */
export interface Outcome {
  seeds: number;
  mean: number;
  standard_deviation: number | null;
  min: number;
  max: number;
  interval_95: { low: number; high: number } | null;
}

export interface NodeDetail extends NodeItem {
  config: Config;
  variables: { name: string; default: number; delta: number; value: number }[];
  outcomes: Record<string, Outcome>;
  runs: { id: string; name: string; status: NodeItem["status"]; seed: Seed; outcomes: Record<string, number> | null }[];
}

export interface Change {
  method: "paired" | "unpaired";
  delta: number;
  interval_95: { low: number; high: number } | null;
}

export interface Step {
  node_id: string;
  name: string;
  depth: number;
  patch: Patch | null;
  outcomes: Record<string, Outcome>;
  change_from_parent: Record<string, Change> | null;
  change_from_root: Record<string, Change> | null;
}

export interface Tree {
  node: NodeItem;
  children: Tree[];
}

/** The trees of these nodes. One whose parent is not among them begins a tree. */
export function treesOf(nodes: readonly NodeItem[]): Tree[] {
  const trees = new Map(nodes.map((node) => [node.id, { node, children: [] as Tree[] }]));
  const roots: Tree[] = [];
  for (const tree of trees.values()) {
    const parent = tree.node.parent_node_id === null ? undefined : trees.get(tree.node.parent_node_id);
    (parent ? parent.children : roots).push(tree);
  }
  return roots;
}

/** Half the width of an interval; NaN where there is none. */
export function half(interval: { low: number; high: number } | null): number {
  return interval === null ? NaN : (interval.high - interval.low) / 2;
}
