// What the API answers, as far as the page reads it. Names are the API's own; docs/api.md says what they mean.

import type { Experiment } from "./experiment";
import type { Patch } from "../lib/scenario";
import type { Seed } from "./json";
import type { Journey, JourneyReport, Target, TargetReport } from "./target";

export type Status = "queued" | "running" | "paused" | "succeeded" | "failed" | "cancelled";

export const ENDED: readonly Status[] = ["succeeded", "failed", "cancelled"];

export interface ForkedFrom {
  run_id: string;
  tick: number;
}

export interface RunItem {
  id: string;
  project_id: string;
  name: string;
  mode: string;
  status: Status;
  created_at: string;
  duration_seconds: number | null;
  forked_from: ForkedFrom | null;
}

export interface RunList {
  items: RunItem[];
  total: number;
  page: number;
  size: number;
  pages: number;
}

export interface Config {
  seed: Seed;
  horizon_ticks: number;
  model: string;
  parameters: Record<string, number>;
  population: { dataset: string; agents: number };
  network: Record<string, number | string>;
  scheduler: { partition_by: string; activation: string; sample_rate: number; batch_size: number };
  /** Null where nothing is shifted. */
  scenario_patch: Patch | null;
  /** Named agents; left out or empty where there are none. */
  targets?: Target[];
  /** Of a run of copies alone. */
  target?: Journey;
  /** What was in force before a fork, or in a node that a fork made; left out or empty for all others. */
  past?: unknown[];
  snapshot_every_ticks: number;
  dataset_version: string;
  engine_version: string;
  [more: string]: unknown;
}

export interface Fault {
  code?: string;
  error_code?: string;
  message?: string;
  detail?: string;
  tick?: number | null;
  region?: string | null;
}

export interface Run {
  id: string;
  project_id: string;
  name: string;
  mode: string;
  status: Status;
  config: Config;
  progress: { current_tick: number; total_ticks: number; agents_processed: number; percent_complete: number };
  outputs: { node_id: string | null; telemetry_ref: string | null; results_ref: string | null; snapshot_refs: string[] };
  timing: {
    queued_at: string;
    started_at: string | null;
    completed_at: string | null;
    duration_seconds: number | null;
  };
  error: Fault | null;
  created_by: string;
  batch_id: string | null;
  parent_node_id: string | null;
  forked_from: ForkedFrom | null;
}

export interface TrendPoint {
  tick: number;
  value: number;
}

export type Trends = Record<string, TrendPoint[]>;

export interface KeyEvent {
  tick: number;
  type: string;
  description: string;
  impact: number;
}

export interface Results {
  run_id: string;
  status: Status;
  node_id: string | null;
  outcome_summary: Record<string, number | string>;
  confidence: { metric?: string; standard_error?: number; margin_95?: number | null; rule?: string };
  distribution: Record<string, number>;
  trends: Trends;
  trends_by_region: Record<string, Trends>;
  trends_by_segment: Record<string, Trends>;
  key_events: KeyEvent[];
  agents: number;
  agent_steps: number;
  ticks_completed: number;
  horizon_ticks: number;
  state_digest: string | null;
  /** Of an experiment alone. */
  experiment?: Experiment;
  /** Of a run with named agents alone. */
  targets?: TargetReport[];
  /** Of copies of a persona alone. */
  target?: JourneyReport;
}

export interface Snapshot {
  ref: string;
  run_id: string;
  tick: number;
  reason: string;
  created_at: string;
  bytes: number;
  state_digest: string;
}

export interface ProgressEvent {
  tick: number;
  total_ticks: number;
  percent: number;
  agents_processed: number;
  status: Status;
}

export interface NumberSchema {
  type: "number" | "integer";
  minimum?: number;
  maximum?: number;
  default?: number;
  description?: string;
  enum?: number[];
  "x-unit"?: string;
}

export interface Model {
  name: string;
  version: string;
  parameters: { properties: Record<string, NumberSchema> };
  variables: { name: string; minimum: number; maximum: number; default: number; description: string }[];
  metrics: { name: string; unit: string; description: string }[];
  traits?: Trait[];
}

/** What can be known of an agent. */
export interface Trait {
  name: string;
  type: string;
  description?: string;
  /** Whether it can be given; else it follows from others. */
  settable?: boolean;
  minimum?: number;
  maximum?: number;
  enum?: string[];
}

export interface DatasetItem {
  name: string;
  version: number;
  regions: number;
  agents: number;
  ties: number;
}

export interface RegionRow {
  code: string;
  name: string;
  population: number;
  latitude: number | null;
  longitude: number | null;
}

export interface Difference {
  tick: number;
  what: string;
  recorded: string | null;
  executed: string | null;
  next?: string;
  [more: string]: unknown;
}

export interface Verification {
  state: "running" | "same" | "different" | "cancelled" | "failed";
  tick: number;
  total_ticks: number;
  difference?: Difference | null;
  agreed?: Record<string, unknown>;
  error?: Fault | null;
  [more: string]: unknown;
}
