// What of a run's configuration the form has no fields for. A run that is made like it has that too: the form shows it, and
// sends it as it was, unless the user leaves it out. Pure.
import type { Config } from "../../api/types";

/** Part of a configuration, in the words of the API. */
export type Kept = { [name: string]: unknown };

/** Fields of a configuration: those within an object, or the whole of one. */
interface Fields {
  [name: string]: Fields | true;
}

const all = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, true as const]));

/** What the form has fields for. What was in force before a fork is no part of a new run's configuration. */
const FORM: Fields = {
  ...all("seed", "horizon_ticks", "model", "parameters", "targets", "target", "snapshot_every_ticks", "past"),
  population: all("dataset", "agents"),
  network: all("kind", "mean_degree", "rewiring", "long_range_share", "distance_exponent", "border_factor"),
  scheduler: all("activation", "sample_rate"),
  telemetry: all("enabled", "by_region", "by_segment", "reasons", "keyframe_every", "sample_agents"),
  scenario_patch: { ...all("effects", "event_bundle_id", "event_bundle_version", "attribution", "from_tick") },
};

/** What every run has that says nothing else: the API's defaults. */
const DEFAULTS: Kept = {
  engine_version: "1.0.0", ruleset_version: "1.0.0", dataset_version: "1.0.0", schema_version: "1.0.0",
  scheduler: { partition_by: "region", batch_size: 1000 },
};

/** Versions that a client expects; copies that live in a recorded society have that run's. */
const VERSIONS = ["engine_version", "ruleset_version", "dataset_version", "schema_version"];

/** What the form has no fields for. */
export function keptOf(config: Partial<Config>): Kept {
  const { variable_deltas, ...patch } = config.scenario_patch ?? {};
  // A number is a slider of the form; a shift for a window of ticks or for some places is not.
  const windows = Object.entries(variable_deltas ?? {}).filter(([, shift]) => typeof shift !== "number");
  const scenario_patch = { ...patch, ...(windows.length > 0 && { variable_deltas: Object.fromEntries(windows) }) };
  return beyond({ ...config, scenario_patch }, FORM, DEFAULTS);
}

function beyond(values: Kept, known: Fields, defaults: Kept): Kept {
  const kept: Kept = {};
  for (const [name, value] of Object.entries(values)) {
    const [field, usual] = [known[name], defaults[name]];
    if (field === true || isNothing(value) || value === usual) continue;
    if (!isObject(value)) kept[name] = value;
    else {
      const rest = beyond(value, field ?? {}, isObject(usual) ? usual : {});
      if (!isNothing(rest)) kept[name] = rest;
    }
  }
  return kept;
}

/** The configuration with what was kept; where both say something, the form wins. */
export function withKept(kept: Kept, config: Kept): Kept {
  const whole = { ...kept, ...config };
  for (const name of Object.keys(kept)) {
    const [old, said] = [kept[name], config[name]];
    if (isObject(old) && isObject(said)) whole[name] = withKept(old, said);
  }
  return whole;
}

/** What is kept when another data set is picked: a version is one of the data set that it was said of. */
export function ofAnotherDataset({ dataset_version: _, ...kept }: Kept): Kept {
  return kept;
}

/** What is kept when another model is picked, whose variables are others. */
export function ofAnotherModel({ scenario_patch: _, ...kept }: Kept): Kept {
  return kept;
}

/** What is kept by copies in a recorded society: what is that society's is not said again. */
export function ofASociety({ scheduler: _scheduler, population: _population, network: _network, ...kept }: Kept): Kept {
  return Object.fromEntries(Object.entries(kept).filter(([name]) => !VERSIONS.includes(name)));
}

/** True where there is nothing to keep. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return (Array.isArray(value) || isObject(value)) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Kept {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
