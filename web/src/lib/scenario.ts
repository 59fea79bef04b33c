// What a scenario does to the environment, in words: plain shifts, shifts for a window of ticks or for some regions and
// segments, and effects. The dialogs of forks know plain shifts alone.
import { signed, title } from "./format";

/** When and where something holds. */
interface Scope {
  from_tick?: number | null;
  until_tick?: number | null;
  regions?: string[] | null;
  segments?: string[] | null;
}

/** A shift of a variable: everywhere from the beginning on, or for windows and scopes. */
export type Shift = number | (Scope & { delta: number }) | (Scope & { delta: number })[];

export interface Effect extends Scope {
  variable: string;
  operation: string;
  value: number;
  intensity?: Intensity | null;
  precondition?: Precondition | null;
  /** The script of a bundle that it comes of. */
  cause?: { event_bundle_id: string; script: string; [more: string]: unknown } | null;
}

/** How strong an effect is over time. */
export interface Intensity {
  shape: string;
  points?: [number, number][] | null;
  ticks?: number | null;
  half_life_ticks?: number | null;
  lag_ticks?: number | null;
  rise_ticks?: number | null;
}

/** What must hold for an effect to begin. */
export interface Precondition {
  metric?: string | null;
  variable?: string | null;
  region?: string | null;
  comparison: string;
  value: number;
}

/** What a run or a node changes. */
export interface Patch {
  from_tick?: number | null;
  variable_deltas?: Record<string, Shift> | null;
  effects?: Effect[] | null;
  event_bundle_id?: string | null;
  event_bundle_version?: number | null;
  attribution?: boolean | null;
  [more: string]: unknown;
}

/** The plain shifts of a patch, by variable. */
export function plainShifts(patch: Patch | null | undefined): Record<string, number> {
  const plain = Object.entries(patch?.variable_deltas ?? {}).filter(([, shift]) => typeof shift === "number" && shift !== 0);
  return Object.fromEntries(plain) as Record<string, number>;
}

/** Everything that a patch does, one entry for each: what it is done to, and what is done. */
export function deeds(patch: Patch | null | undefined): { name: string; text: string }[] {
  const shifts = Object.entries(patch?.variable_deltas ?? {}).flatMap(([name, shift]) => {
    if (typeof shift === "number") return shift === 0 ? [] : [{ name: title(name), text: signed(shift, 2) }];
    const windows = Array.isArray(shift) ? shift : [shift];
    return windows.map((window) => ({ name: title(name), text: `${signed(window.delta, 2)}${scope(window)}` }));
  });
  const effects = (patch?.effects ?? []).map((effect) => ({
    name: title(effect.variable),
    text: `${act(effect)}${over(effect.intensity)}${scope(effect)}${provided(effect.precondition)}${effect.cause ? ` (${effect.cause.script})` : ""}`,
  }));
  return [...shifts, ...effects];
}

/** From which tick to which something of an effect is felt, in a run of so many ticks: an end that its strength has counts too. */
export function feltIn(effect: Effect | undefined, horizon: number): [number, number] {
  const from = effect?.from_tick ?? 0;
  const { shape, ticks, points } = effect?.intensity ?? { shape: "step" };
  const gone = points?.at(-1)?.[1] === 0 ? points.at(-1)?.[0] : undefined;
  const lasts = shape === "instantaneous" ? 1 : (ticks ?? gone ?? Infinity);
  // When one that waits for something begins is not known: it may be felt to the end of its window.
  const faded = effect?.precondition ? Infinity : from + lasts;
  return [from, Math.min(effect?.until_tick ?? Infinity, faded, horizon)];
}

/** What is done to a variable. */
function act({ operation, value }: Effect): string {
  if (operation === "add") return signed(value, 2);
  const words: Record<string, string> = { set: "set to", multiply: "\u00d7", min: "at most", max: "at least" };
  return `${words[operation] ?? operation} ${value}`;
}

/** How strong it is over time, as the rest of a sentence; empty for a step. */
function over(intensity: Intensity | null | undefined): string {
  switch (intensity?.shape) {
    case undefined:
    case "step":
      return "";
    case "instantaneous":
      return " for one tick";
    case "pulse":
      return ` for ${intensity.ticks} ticks`;
    case "linear_decay":
      return ` fading over ${intensity.ticks} ticks`;
    case "exponential_decay":
      return ` halving every ${intensity.half_life_ticks} ticks`;
    case "lagged":
      return ` ${intensity.lag_ticks} ticks late${intensity.rise_ticks ? `, rising over ${intensity.rise_ticks}` : ""}`;
    default:
      return ` along ${intensity?.points?.length ?? 0} points`;
  }
}

function provided(precondition: Precondition | null | undefined): string {
  if (!precondition) return "";
  const { metric, variable, region, comparison, value } = precondition;
  return `, once ${(metric ?? variable ?? "").replace(/_/g, " ")}${region ? ` in ${region}` : ""} ${comparison} ${value}`;
}

/** When and where, as the rest of a sentence; empty for always and everywhere. */
function scope({ from_tick, until_tick, regions, segments }: Scope): string {
  const parts = [];
  if (from_tick) parts.push(`from tick ${from_tick}`);
  if (until_tick) parts.push(`until ${from_tick ? "" : "tick "}${until_tick}`);
  if (regions?.length) parts.push(`in ${some(regions)}`);
  if (segments?.length) parts.push(`for ${some(segments.map((name) => name.replace(/_/g, " ")))}`);
  return parts.length > 0 ? ` ${parts.join(" ")}` : "";
}

function some(names: string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}
