// What the form says, and the request that comes of it. Pure: the form shows what it will send, and sends what it shows.
import { type Seed, seedAfter, seedOf, wrongSeed } from "../../api/json";
import type { Config, Model } from "../../api/types";
import { beyondPlain, plainShifts } from "../../lib/scenario";
import { changed, fieldsOf, misfit } from "../../lib/schema";
import { draftOf, type EffectDraft, effectOf, isSoundEffect } from "./effects";
import type { NodeDetail } from "../nodes/tree";
import { emptyRecord, isSoundRecord, type RecordDraft, recordLike, recordOf } from "./record";

/** What stands in the form. Numbers are texts, as they were typed; empty means the default. */
export interface Draft {
  name: string;
  project: string;
  model: string;
  dataset: string;
  agents: string;
  seed: string;
  /** How many seeds, counted up from the first. */
  seeds: string;
  horizon: string;
  snapshots: string;
  sampleRate: string;
  activation: string;
  network: string;
  parameters: Record<string, string>;
  deltas: Record<string, string>;
  effects: EffectDraft[];
  networkFields: Record<string, string>;
  record: RecordDraft;
  /** The node that this run's node stands below; empty for a root. */
  parent: string;
}

/** The form before anything was said. */
export function emptyDraft(project: string): Draft {
  return {
    name: "", project, model: "society", dataset: "us-2020", agents: "", seed: "", seeds: "", horizon: "", snapshots: "",
    sampleRate: "", activation: "all", network: "gravity", parameters: {}, deltas: {}, effects: [], networkFields: {},
    record: emptyRecord(), parent: "",
  };
}

/** A field of the network: the kinds that use it, its range and its default. */
export interface NetworkField {
  name: string;
  label: string;
  hint: string;
  min: number;
  max: number;
  initial: number;
  kinds: readonly string[];
}

export const NETWORKS: readonly { kind: string; hint: string }[] = [
  { kind: "gravity", hint: "Small worlds within regions, ties between them by population and distance." },
  { kind: "small_world", hint: "A ring with some ties moved to a random end, over all agents." },
  { kind: "scale_free", hint: "Newcomers tie to those with many ties." },
  { kind: "erdos_renyi", hint: "Every pair tied with the same probability." },
  { kind: "ring", hint: "The nearest on a ring of all agents." },
  { kind: "pairs", hint: "In every tick everybody meets one other at random." },
  { kind: "complete", hint: "Everybody listens to everybody; up to 63,246 agents." },
  { kind: "listed", hint: "Those that the data set lists." },
];

export const NETWORK_FIELDS: readonly NetworkField[] = [
  { name: "mean_degree", label: "Mean degree", hint: "Agents that an agent listens to.", min: 0, max: 256, initial: 12,
    kinds: ["gravity", "ring", "small_world", "erdos_renyi", "scale_free"] },
  { name: "rewiring", label: "Rewiring", hint: "Share of local ties that lead to a random agent.", min: 0, max: 1, initial: 0.1,
    kinds: ["gravity", "small_world"] },
  { name: "long_range_share", label: "Long-range share", hint: "Share of ties that lead to another region.", min: 0, max: 1,
    initial: 0.1, kinds: ["gravity"] },
  { name: "distance_exponent", label: "Distance exponent", hint: "Power of the distance in the gravity law.", min: 0, max: 4,
    initial: 2, kinds: ["gravity"] },
  { name: "border_factor", label: "Border factor", hint: "Factor for regions that share a border.", min: 1, max: 100, initial: 2,
    kinds: ["gravity"] },
];

/** The draft of a run like this one. */
export function draftLike(config: Config, name: string, project: string): Draft {
  const texts = (values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).map(([of, value]) => [of, String(value)]));
  const { kind, ...network } = config.network;
  return {
    ...emptyDraft(project),
    name,
    model: config.model,
    dataset: config.population.dataset,
    agents: String(config.population.agents),
    seed: String(config.seed),
    horizon: String(config.horizon_ticks),
    snapshots: String(config.snapshot_every_ticks),
    sampleRate: config.scheduler.sample_rate === 1 ? "" : String(config.scheduler.sample_rate),
    activation: config.scheduler.activation,
    network: String(kind),
    parameters: texts(config.parameters),
    deltas: texts(plainShifts(config.scenario_patch)),
    effects: (config.scenario_patch?.effects ?? []).map(draftOf),
    networkFields: texts(network),
    record: recordLike(config.telemetry),
  };
}

/** What a child of this node asks before anything else is said: all that its parent asks, but for the seed and the shifts. */
export function draftBelow({ id, project_id, config }: Pick<NodeDetail, "id" | "project_id" | "config">, name: string): Draft {
  return { ...draftLike(config, name, project_id), seed: "", deltas: {}, effects: [], parent: id };
}

/** What of a configuration the form has no fields for, so that a run made like it would be another. */
export function leftOut(config: Config): string[] {
  return beyondPlain(config.scenario_patch).map((path) => `scenario_patch.${path}`);
}

const whole = (min: number, max: number) => ({ min, max, whole: true });

/** The limits of the plain fields. */
export const LIMITS = {
  agents: whole(1, 100_000_000),
  seeds: whole(1, 50),
  horizon: whole(1, 1000),
  snapshots: whole(0, 1000),
} as const;

/** True where no field says what it must not. */
export function isSound(draft: Draft, model: Model): boolean {
  const plain = (["agents", "seeds", "horizon", "snapshots"] as const).every(
    (name) => misfit(LIMITS[name], draft[name]) === null,
  );
  const rate = misfit({ min: 0, max: 1, whole: false }, draft.sampleRate) === null;
  const parameters = fieldsOf(model.parameters.properties).every((field) => misfit(field, draft.parameters[field.name] ?? "") === null);
  const deltas = Object.values(draft.deltas).every((text) => misfit({ min: -1, max: 1, whole: false }, text) === null);
  const network = NETWORK_FIELDS.every(({ name, min, max }) => misfit({ min, max, whole: false }, draft.networkFields[name] ?? "") === null);
  const seeds = wrongSeeds(draft) === null && isSoundRecord(draft.record);
  return plain && seeds && rate && parameters && deltas && network && draft.effects.every(isSoundEffect);
}

/** What is wrong with the seed: itself, or the last of a batch that is counted up from it; null where nothing is. */
export function wrongSeeds({ seed, seeds }: Pick<Draft, "seed" | "seeds">): string | null {
  const wrong = wrongSeed(seed);
  const several = misfit(LIMITS.seeds, seeds) === null ? Number(seeds || "1") : 1;
  if (wrong !== null || seedAfter(seedOf(seed) ?? 0, several - 1) !== null) return wrong;
  return `there are no ${several} seeds from here on`;
}

/** What is sent: a run, or a batch of runs that differ by their seeds. */
export interface Request {
  path: string;
  body: Record<string, unknown>;
}

/** The request that a draft makes. `start` counts for batches, whose runs start by themselves. */
export function requestOf(draft: Draft, model: Model, start: boolean): Request {
  const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
  const given = (values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const parameters = changed(fieldsOf(model.parameters.properties), draft.parameters);
  const deltas = Object.fromEntries(
    model.variables.flatMap(({ name }) => {
      const delta = number(draft.deltas[name] ?? "");
      return delta ? [[name, delta]] : [];
    }),
  );
  const network = NETWORK_FIELDS.filter(({ kinds }) => kinds.includes(draft.network)).flatMap(({ name, initial }) => {
    const value = number(draft.networkFields[name] ?? "");
    return value === undefined || value === initial ? [] : [[name, value]];
  });
  const scheduler = given({
    sample_rate: number(draft.sampleRate),
    activation: draft.activation === "all" ? undefined : draft.activation,
  });
  const some = (values: Record<string, unknown>) => (Object.keys(values).length > 0 ? values : undefined);
  const config = given({
    seed: seedOf(draft.seed) ?? undefined,
    horizon_ticks: number(draft.horizon),
    model: draft.model,
    parameters: some(parameters),
    population: given({ dataset: draft.dataset, agents: number(draft.agents) }),
    network: { kind: draft.network, ...Object.fromEntries(network) },
    scheduler: some(scheduler),
    snapshot_every_ticks: number(draft.snapshots),
    telemetry: some(recordOf(draft.record)),
  });
  const effects = draft.effects.map(effectOf);
  const patch = some(given({ variable_deltas: some(deltas), effects: effects.length > 0 ? effects : undefined }));
  const parent = draft.parent || undefined;
  const name = draft.name.trim() || undefined;
  const seeds = number(draft.seeds) ?? 1;
  if (seeds <= 1) {
    return { path: "/runs", body: given({ project_id: draft.project, name, parent_node_id: parent, config, scenario_patch: patch }) };
  }
  const first: Seed = seedOf(draft.seed) ?? 42;
  delete config.seed;
  const variations = Array.from({ length: seeds }, (_, i) => {
    const seed = seedAfter(first, i) ?? first;
    return { name: `${name ?? "Run"}, seed ${seed}`, seed };
  });
  const base = given({ ...config, scenario_patch: patch, parent_node_id: parent });
  return { path: "/runs/batch", body: given({ project_id: draft.project, name, base_config: base, variations, auto_start: start }) };
}
