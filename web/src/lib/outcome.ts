// Lines of an outcome as people read them. A line is a metric, or what became of one: `sentiment_shift` is how far
// `sentiment` moved.
import type { Model } from "../api/types";
import { difference, fixed, type Scale, scaleOf, title, value } from "./format";

/** The line of copies of a persona: the share of them that came to the goal. No metric has a name with a space. */
export const GOAL = "goal reached";

const CHANGE = /_(shift|change)$/;

/** How a line is shown. */
export interface LineStyle {
  label: string;
  text: (number: number) => string;
  /** A difference of two values of the line. */
  apart: (number: number) => string;
  /** Half of an interval, without its sign or unit. */
  margin: (half: number) => string;
  /** A deviation, with its unit. */
  spread: (size: number) => string;
}

/** The style of a line of `outcome_summary`. */
export function styleOf(line: string, model: Model | null): LineStyle {
  if (line === GOAL) return sharesOf(GOAL);
  const find = (name: string) => model?.metrics.find((metric) => metric.name === name);
  const [own, of] = [find(line), find(line.replace(CHANGE, ""))];
  const scale: Scale = scaleOf((own ?? of)?.unit);
  const apart = (number: number) => difference(number, scale);
  const text = (number: number) => (own || !of ? (own ? value(number, scale) : fixed(number, 3)) : apart(number));
  const margin = (half: number) => (scale.share ? fixed(half * 100, 1) : fixed(half, 3));
  const spread = (size: number) => (scale.share ? `${margin(size)} pts` : margin(size));
  return { label: title(line), text, apart, margin, spread };
}

/** The style of a share. */
function sharesOf(line: string): LineStyle {
  const scale: Scale = { share: true, signed: false };
  const margin = (half: number) => fixed(half * 100, 1);
  return {
    label: title(line), text: (number) => value(number, scale), apart: (number) => difference(number, scale), margin,
    spread: (size) => `${margin(size)} pts`,
  };
}

/** Metrics in the order in which the model names them; those that it does not name come last. */
export function inOrder(metrics: readonly string[], model: Model | null): string[] {
  const places = new Map(model?.metrics.map(({ name }, place) => [name, place]));
  const place = (name: string) => places.get(name) ?? places.size;
  return [...metrics].sort((a, b) => place(a) - place(b));
}
