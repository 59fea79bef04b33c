// Named agents inside a society and copies of one persona, as they are asked for and as a run's results tell of them;
// docs/modes.md says what the fields mean.

/** The value of a trait. */
export type Value = number | boolean | string;

/** Who somebody is. */
export interface Persona {
  region?: string | null;
  segment?: string | null;
  traits?: Record<string, Value> | null;
}

export interface Target extends Persona {
  name: string;
  agent?: number | null;
  goal?: Condition[] | null;
}

/** Copies of one persona. */
export interface Journey {
  persona: Persona;
  copies?: number;
  goal: Condition[];
  /** The society around them; null where it stays as the model makes it. */
  society?: { run_id: string; environment: "recorded" | "mean" } | null;
}

/** A condition: a trait or a metric, and a word such as `at_least` with the value. */
export interface Condition {
  trait?: string;
  metric?: string;
  [comparison: string]: Value | undefined;
}

/** What became of one. */
export interface TargetReport {
  name: string;
  agent: number;
  region: string;
  segment: string;
  start: Record<string, Value>;
  end: Record<string, Value>;
  /** The first tick at its goal, null where it did not get there; left out where it has none. */
  reached_tick?: number | null;
  events?: Record<string, number>;
  trajectory: { tick: number; state: Record<string, Value> }[];
}

/** What became of the copies of a persona. */
export interface JourneyReport {
  copies: number;
  region: string;
  /** Null where copies are of several, as drawn. */
  segment: string | null;
  reached: number;
  survivors: number;
  probability: number;
  interval_95: { low: number; high: number };
  first_passage: {
    /** Ticks in which nobody came are left out. */
    by_tick: { tick: number; count: number }[];
    mean_tick: number | null;
    /** By `p05` to `p95`; null where fewer have come. */
    quantiles: Record<string, number | null>;
  };
  trajectory: { tick: number; reached: number; traits: Record<string, TraitShare> }[];
}

/** A trait over copies: of a flag the share of those that have it, of a number its mean and quantiles, of a choice the share of each label. */
export type TraitShare = number | Record<string, number>;
