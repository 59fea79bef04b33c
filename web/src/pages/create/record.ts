// What is recorded of a run: the fields of its telemetry in the form, and what is asked of them. Pure.
import { misfit } from "../../lib/schema";

/** Yes, no, or as the server's configuration says. */
export type Choice = "" | "yes" | "no";

export const SWITCHES = [
  { name: "enabled", label: "Record telemetry", hint: "What the charts and maps of the page are drawn of." },
  { name: "by_region", label: "Metrics by region", hint: "For the map." },
  { name: "by_segment", label: "Metrics by segment", hint: "For the lines of segments." },
  { name: "reasons", label: "Agents' reasons", hint: "What the model says of each agent in words." },
] as const;

export type Switch = (typeof SWITCHES)[number]["name"];

/** The fields as they stand in the form. */
export interface RecordDraft {
  switches: Record<Switch, Choice>;
  keyframeEvery: string;
  /** A number, or `all`. */
  sampleAgents: string;
}

export const KEYFRAMES = { min: 0, max: 1000, whole: true } as const;
const SAMPLE = { min: 0, max: 1_000_000, whole: true } as const;

/** Telemetry as the server's configuration has it. */
export function emptyRecord(): RecordDraft {
  return { switches: { enabled: "", by_region: "", by_segment: "", reasons: "" }, keyframeEvery: "", sampleAgents: "" };
}

/** Telemetry as a run had it, which its configuration tells in full. */
export function recordLike(telemetry: unknown): RecordDraft {
  const told = (telemetry ?? {}) as Record<string, unknown>;
  const draft = emptyRecord();
  for (const { name } of SWITCHES) if (typeof told[name] === "boolean") draft.switches[name] = told[name] ? "yes" : "no";
  const text = (value: unknown) => (typeof value === "number" || typeof value === "string" ? String(value) : "");
  return { ...draft, keyframeEvery: text(told.keyframe_every), sampleAgents: text(told.sample_agents) };
}

/** What is wrong with the number of agents that are recorded; null where nothing is. */
export function wrongSample(text: string): string | null {
  const wrong = text.trim() === "all" ? null : misfit(SAMPLE, text);
  return wrong && `${wrong}, or all`;
}

/** True where no field says what it must not. */
export function isSoundRecord({ keyframeEvery, sampleAgents }: RecordDraft): boolean {
  return misfit(KEYFRAMES, keyframeEvery) === null && wrongSample(sampleAgents) === null;
}

/** What is asked for: what was said and nothing else. */
export function recordOf({ switches, keyframeEvery, sampleAgents }: RecordDraft): Record<string, unknown> {
  const said = SWITCHES.flatMap(({ name }) => (switches[name] === "" ? [] : [[name, switches[name] === "yes"]]));
  const sample = sampleAgents.trim();
  return {
    ...(Object.fromEntries(said) as Record<string, boolean>),
    ...(keyframeEvery.trim() !== "" && { keyframe_every: Number(keyframeEvery) }),
    ...(sample !== "" && { sample_agents: sample === "all" ? "all" : Number(sample) }),
  };
}
