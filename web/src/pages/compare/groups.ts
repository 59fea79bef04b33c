// Runs put together for a comparison: those that differ by nothing but their seed are one answer with a spread. Pure.
import { write } from "../../api/json";
import type { Condition } from "../../api/target";
import type { Config, Results, Run } from "../../api/types";
import { title } from "../../lib/format";
import { goalInWords } from "../../lib/journey";
import { GOAL } from "../../lib/outcome";
import { deeds, type Effect } from "../../lib/scenario";
import { type Seeded, summarise, type Summary } from "../../lib/stats";

/** A run with what came of it, where it has ended. */
export interface Ended {
  run: Run;
  results: Results | null;
}

/** Runs that differ by their seed alone. */
export interface Group {
  name: string;
  runs: Ended[];
}

/** What makes two runs the same question: all of the configuration but the seed and what never changes results. */
function question(config: Config): string {
  const { seed: _seed, snapshot_every_ticks: _every, scheduler, ...rest } = config;
  const { batch_size: _batch, ...order } = scheduler;
  return write({ ...rest, order });
}

/** The groups, in the order in which their first runs come. */
export function groupsOf(runs: readonly Ended[]): Group[] {
  const groups = new Map<string, Ended[]>();
  for (const entry of runs) {
    const key = question(entry.run.config);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return named([...groups.values()]);
}

/** Names that tell the groups apart: the runs' own where they do, else what differs. */
function named(groups: Ended[][]): Group[] {
  const own = groups.map(([first, ...others]) => {
    const name = first?.run.name ?? "";
    return others.length > 0 ? name.replace(/,? *seed \d+$/i, "") || name : name;
  });
  const unique = new Set(own).size === own.length;
  return groups.map((runs, i) => {
    const config = runs[0]?.run.config;
    const name = unique || !config ? (own[i] ?? "") : `${own[i]} (${describe(config)})`;
    return { name, runs };
  });
}

/** What a run is, in a few words. */
export function describe(config: Config): string {
  const shifts = deeds(config.scenario_patch).map(({ name, text }) => `${name} ${text}`);
  const parameters = Object.entries(config.parameters).map(([of, value]) => `${title(of)} ${value}`);
  return [...shifts, ...parameters, `seed ${config.seed}`].join(", ");
}

/** The lines of what came of a run: those of its summary, and of copies of a persona the share that came to the goal. */
export function linesOf(results: Results | null | undefined): string[] {
  const summary = Object.keys(results?.outcome_summary ?? {}).filter((line) => line !== "confidence_level");
  return results?.target ? [GOAL, ...summary] : summary;
}

/** The values of a line, with their seeds. */
export function valuesOf(group: Group, line: string): Seeded[] {
  return group.runs.flatMap(({ run, results }) => {
    const value = line === GOAL ? results?.target?.probability : results?.outcome_summary[line];
    return typeof value === "number" ? [{ seed: run.config.seed, value }] : [];
  });
}

/** A line over the seeds of a group. A single run's margin is the one within its seed, where it has one. */
export function outcomeOf(group: Group, line: string): Summary & { within: boolean } {
  const summary = summarise(valuesOf(group, line).map(({ value }) => value));
  const results = group.runs[0]?.results;
  if (summary.n !== 1 || !results) return { ...summary, within: false };
  const { confidence, target } = results;
  if (line === GOAL && target) return { ...summary, margin: (target.interval_95.high - target.interval_95.low) / 2, within: true };
  const known = confidence.metric === line && confidence.margin_95;
  return known ? { ...summary, margin: known, within: true } : { ...summary, within: false };
}

/** The fields of the configuration in which the groups differ, with each group's text. */
export function differences(groups: readonly Group[]): { name: string; texts: string[] }[] {
  const flat = groups.map(({ runs }) => flatten(runs[0]?.run.config ?? {}));
  const names = [...new Set(flat.flatMap((fields) => [...fields.keys()]))];
  const rows = names.map((name) => ({ name, texts: flat.map((fields) => fields.get(name) ?? "\u2013") }));
  return rows.filter(({ name, texts }) => !HIDDEN.test(name) && new Set(texts).size > 1);
}

const HIDDEN = /^(snapshot_every_ticks|scheduler\.batch_size)$/;

function flatten(value: object, prefix = ""): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, inner] of Object.entries(value)) {
    if (name === "effects" && Array.isArray(inner)) {
      // An effect is read in words, not in brackets.
      const said = deeds({ effects: inner as Effect[] }).map(({ name: of, text }) => `${of} ${text}`);
      if (said.length > 0) fields.set(prefix + name, said.join("; "));
      continue;
    }
    if (name === "goal" && Array.isArray(inner)) {
      fields.set(prefix + name, goalInWords(inner as Condition[]));
      continue;
    }
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) {
      for (const [path, text] of flatten(inner as object, `${prefix}${name}.`)) fields.set(path, text);
    } else if (inner !== null && inner !== undefined) {
      fields.set(prefix + name, typeof inner === "object" ? write(inner) : String(inner));
    }
  }
  return fields;
}
