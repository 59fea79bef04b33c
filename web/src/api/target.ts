// Named agents inside a society, as they are asked for and as a run's results tell of them; docs/modes.md says what the
// fields mean.

/** The value of a trait. */
export type Value = number | boolean | string;

export interface Target {
  name: string;
  region?: string | null;
  segment?: string | null;
  agent?: number | null;
  traits?: Record<string, Value> | null;
  goal?: Condition[] | null;
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
