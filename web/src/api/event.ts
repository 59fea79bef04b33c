// Event scripts and the bundles that they are put into; docs/events.md says what the fields mean.
import type { Effect } from "../lib/scenario";

/** What scripts and bundles have in common. */
export interface Stored {
  id: string;
  project_id: string;
  version: number;
  name: string;
  updated_at: string;
  updated_by: string;
}

export interface ScriptItem extends Stored {
  effect_count: number;
}

export interface Script extends Stored {
  effects: Effect[];
  /** The tick from which on nothing of it is felt; null where it has no end. */
  lasts_ticks: number | null;
}

export interface Step {
  script_id: string;
  offset_ticks: number;
}

export interface Bundle extends Stored {
  order: "parallel" | "sequential";
  scripts: Step[];
}

export interface Page<T> {
  items: T[];
  total: number;
}

/** What a run would make of a script or a bundle. */
export interface Trial {
  valid: boolean;
  problems: { step: number | null; effect: number | null; error_code: string; detail: string }[];
  effects: Effect[];
}
