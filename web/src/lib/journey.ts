// What became of the copies of a persona, as lines over all ticks: results have the ticks alone in which somebody came to the
// goal. Pure.
import type { Condition, JourneyReport } from "../api/target";
import { fixed } from "./format";

/** How many came in each tick from 0 to the last, and the share that has come by then. */
export interface Passages {
  ticks: number[];
  arrivals: number[];
  share: number[];
  /** The borders of the share's 95 % interval. */
  low: number[];
  high: number[];
}

/** The arrivals of a report, tick by tick. */
export function passagesOf({ copies, first_passage }: JourneyReport, lastTick: number): Passages {
  const ticks = Array.from({ length: lastTick + 1 }, (_, tick) => tick);
  const counts = new Map(first_passage.by_tick.map(({ tick, count }) => [tick, count]));
  const arrivals = ticks.map((tick) => counts.get(tick) ?? 0);
  let sum = 0;
  const come = arrivals.map((count) => (sum += count));
  const intervals = come.map((reached) => wilson(reached, copies));
  return { ticks, arrivals, share: come.map((reached) => reached / copies), low: intervals.map(([low]) => low), high: intervals.map(([, high]) => high) };
}

/** The share that has come by each tick, as points of a line. */
export function comeOf(report: JourneyReport, lastTick: number): { tick: number; value: number }[] {
  return passagesOf(report, lastTick).share.map((value, tick) => ({ tick, value }));
}

/** The quantile 0.975 of the normal distribution. */
const Z = 1.959964;

/** Wilson's 95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22), as the results have it for the last tick. */
export function wilson(reached: number, copies: number): [number, number] {
  const [share, square] = [reached / copies, Z * Z];
  const middle = (share + square / (2 * copies)) / (1 + square / copies);
  const half = (Z / (1 + square / copies)) * Math.sqrt((share * (1 - share)) / copies + square / (4 * copies * copies));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** A probability in per cent, with enough digits where it is close to none or all. */
export function percent(share: number): string {
  const rare = Math.min(share, 1 - share);
  return `${fixed(share * 100, rare > 0 && rare < 0.001 ? 3 : rare > 0 && rare < 0.01 ? 2 : 1)} %`;
}

const WORDS: Record<string, string> = { at_least: "at least", above: "above", at_most: "at most", below: "below", equals: "is" };

/** A goal in words. */
export function goalInWords(goal: readonly Condition[]): string {
  return goal.map(({ trait, metric, ...comparison }) => {
    const [word = "equals", value = ""] = Object.entries(comparison)[0] ?? [];
    const of = trait ?? `its part in ${metric}`;
    const is = typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
    return `${of} ${WORDS[word] ?? word} ${is}`.replace(/_/g, " ");
  }).join(" and ");
}
