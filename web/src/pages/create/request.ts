// What the form says, and the request that comes of it. Pure: the form shows what it will send, and sends what it shows.
import { type Seed, seedAfter, seedOf, wrongSeed } from "../../api/json";
import type { Config, Model } from "../../api/types";
import { plainShifts } from "../../lib/scenario";
import { changed, fieldsOf, misfit } from "../../lib/schema";
import { type BundleDraft, bundleLike, bundleOf, emptyBundle } from "./bundle";
import { draftOf, type EffectDraft, effectOf, isSoundEffect } from "./effects";
import { isSoundJourney, type JourneyDraft, journeyDraftOf, journeyOf } from "./journey";
import { type Kept, keptOf, ofASociety, withKept } from "./kept";
import type { NodeDetail } from "../nodes/tree";
import { emptyRecord, isSoundRecord, type RecordDraft, recordLike, recordOf } from "./record";
import { isSoundTarget, type TargetDraft, targetDraftOf, targetOf } from "./targets";

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
  bundle: BundleDraft;
  networkFields: Record<string, string>;
  targets: TargetDraft[];
  /** Copies of one persona, which are then all that is stepped; null where the society is. */
  journey: JourneyDraft | null;
  record: RecordDraft;
  /** What of the run that this one is made like the form has no fields for. */
  kept: Kept;
  /** The node that this run's node stands below; empty for a root. */
  parent: string;
}

/** Changes what stands in the form; a function says what becomes of what stands there by then. */
export type Change = (more: Partial<Draft> | ((present: Draft) => Partial<Draft>)) => void;

/** The form before anything was said. */
export function emptyDraft(project: string): Draft {
  return {
    name: "", project, model: "society", dataset: "us-2020", agents: "", seed: "", seeds: "", horizon: "", snapshots: "",
    sampleRate: "", activation: "all", network: "gravity", parameters: {}, deltas: {}, effects: [], bundle: emptyBundle(), networkFields: {},
    targets: [], journey: null, record: emptyRecord(), kept: {}, parent: "",
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
    bundle: bundleLike(config.scenario_patch),
    networkFields: texts(network),
    targets: (config.targets ?? []).map(targetDraftOf),
    journey: config.target ? journeyDraftOf(config.target) : null,
    record: recordLike(config.telemetry),
    kept: keptOf(config),
  };
}

/** What a child of this node asks before anything else is said: all that its parent asks, but for the seed and the shifts. */
export function draftBelow({ id, project_id, config }: Pick<NodeDetail, "id" | "project_id" | "config">, name: string): Draft {
  const asked = draftLike({ ...config, scenario_patch: null }, name, project_id);
  return { ...asked, seed: "", targets: [], journey: null, parent: id };
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
    // Copies are all that is stepped: the field for agents is not shown then, and nothing of it is sent.
    (name) => (name === "agents" && draft.journey) || misfit(LIMITS[name], draft[name]) === null,
  );
  const rate = misfit({ min: 0, max: 1, whole: false }, draft.sampleRate) === null;
  const parameters = fieldsOf(model.parameters.properties).every((field) => misfit(field, draft.parameters[field.name] ?? "") === null);
  const deltas = Object.values(draft.deltas).every((text) => misfit({ min: -1, max: 1, whole: false }, text) === null);
  const network = NETWORK_FIELDS.every(({ name, min, max }) => misfit({ min, max, whole: false }, draft.networkFields[name] ?? "") === null);
  const seeds = wrongSeeds(draft) === null && wrongNumber(draft) === null && isSoundRecord(draft.record);
  const names = draft.targets.map(({ name }) => name);
  const named = draft.journey ? isSoundJourney(draft.journey, model) : draft.targets.every((target) => isSoundTarget(target, model, names));
  return plain && named && seeds && rate && parameters && deltas && network && draft.effects.every(isSoundEffect);
}

/** What is wrong with the seed: itself, or the last of a batch that is counted up from it; null where nothing is. */
export function wrongSeeds({ seed, seeds }: Pick<Draft, "seed" | "seeds">): string | null {
  const wrong = wrongSeed(seed);
  const several = misfit(LIMITS.seeds, seeds) === null ? Number(seeds || "1") : 1;
  if (wrong !== null || seedAfter(seedOf(seed) ?? 0, several - 1) !== null) return wrong;
  return `there are no ${several} seeds from here on`;
}

/** What is wrong with the number of seeds, beyond its range; null where nothing is. */
export function wrongNumber({ seeds, journey }: Pick<Draft, "seeds" | "journey">): string | null {
  return journey?.society && Number(seeds || "1") > 1 ? "must be 1 in a society that was recorded: ask run by run" : null;
}

/** What is sent: a run, or a batch of runs that differ by their seeds. */
export interface Request {
  path: string;
  body: Record<string, unknown>;
}

const given = (values: Record<string, unknown>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
const some = (values: Record<string, unknown>) => (Object.keys(values).length > 0 ? values : undefined);
const number = (text: string) => (text.trim() === "" ? undefined : Number(text));

/** The request that a draft makes. `start` counts for batches, whose runs start by themselves. */
export function requestOf(draft: Draft, model: Model, start: boolean): Request {
  const config = configOf(draft, model);
  const parent = draft.parent || undefined;
  const mode = draft.journey ? "target" : draft.targets.length > 0 ? "hybrid" : undefined;
  const name = draft.name.trim() || undefined;
  const seeds = number(draft.seeds) ?? 1;
  if (seeds <= 1) {
    const { scenario_patch, ...rest } = config;
    return { path: "/runs", body: given({ project_id: draft.project, name, mode, parent_node_id: parent, config: rest, scenario_patch }) };
  }
  const first: Seed = seedOf(draft.seed) ?? 42;
  delete config.seed;
  const variations = Array.from({ length: seeds }, (_, i) => {
    const seed = seedAfter(first, i) ?? first;
    return { name: `${name ?? "Run"}, seed ${seed}`, seed };
  });
  const base = given({ ...config, mode, parent_node_id: parent });
  return { path: "/runs/batch", body: given({ project_id: draft.project, name, base_config: base, variations, auto_start: start }) };
}

/** The configuration that is asked for, with all that was kept of another run. */
function configOf(draft: Draft, model: Model): Record<string, unknown> {
  const { journey, targets } = draft;
  const own = given({
    seed: seedOf(draft.seed) ?? undefined,
    horizon_ticks: number(draft.horizon),
    snapshot_every_ticks: number(draft.snapshots),
    telemetry: some(recordOf(draft.record)),
    targets: !journey && targets.length > 0 ? targets.map((target) => targetOf(target, model)) : undefined,
    target: journey ? journeyOf(journey, model) : undefined,
    scenario_patch: some(patchOf(draft, model)),
  });
  // Copies in a recorded society have all else of that society's run.
  return journey?.society ? withKept(ofASociety(draft.kept), own) : withKept(draft.kept, { ...societyOf(draft, model), ...own });
}

/** What is stepped, and how. */
function societyOf(draft: Draft, model: Model): Record<string, unknown> {
  const network = NETWORK_FIELDS.filter(({ kinds }) => kinds.includes(draft.network)).flatMap(({ name, initial }) => {
    const value = number(draft.networkFields[name] ?? "");
    return value === undefined || value === initial ? [] : [[name, value]];
  });
  return given({
    model: draft.model,
    parameters: some(changed(fieldsOf(model.parameters.properties), draft.parameters)),
    population: given({ dataset: draft.dataset, agents: draft.journey ? undefined : number(draft.agents) }),
    network: { kind: draft.network, ...Object.fromEntries(network) },
    scheduler: some(given({ sample_rate: number(draft.sampleRate), activation: draft.activation === "all" ? undefined : draft.activation })),
  });
}

/** What the scenario changes. */
function patchOf(draft: Draft, model: Model): Record<string, unknown> {
  const deltas = Object.fromEntries(
    model.variables.flatMap(({ name }) => {
      const delta = number(draft.deltas[name] ?? "");
      return delta ? [[name, delta]] : [];
    }),
  );
  const effects = draft.effects.map(effectOf);
  return given({ variable_deltas: some(deltas), effects: effects.length > 0 ? effects : undefined, ...bundleOf(draft.bundle) });
}
