// What happens to variables, as it stands in the form, and the effects that are asked for it. A shift for a window of ticks
// or for some regions is an effect that adds: this is also how the API tells of one. Pure.
import type { Model } from "../../api/types";
import type { Effect, Intensity } from "../../lib/scenario";
import { misfit } from "../../lib/schema";

/** An effect in the form. Numbers and lists are texts, as they were typed; empty means left out. */
export interface EffectDraft {
  variable: string;
  operation: string;
  value: string;
  from: string;
  until: string;
  /** Codes and names with commas in between; empty for all. */
  regions: string;
  segments: string;
  shape: string;
  /** The shape's own fields. */
  shapeFields: Record<string, string>;
  /** What must hold for it to begin: nothing, something of a metric or of a variable. */
  when: "" | "metric" | "variable";
  of: string;
  comparison: string;
  bound: string;
  region: string;
  /** Where it is one of a bundle that another run had: the effect as that run had it, which is sent as it is. */
  kept?: Effect;
}

/** What can be done to a variable, with the range of the value. */
export const OPERATIONS = [
  { name: "add", text: "is shifted by", min: -1, max: 1 },
  { name: "set", text: "is set to", min: 0, max: 1 },
  { name: "multiply", text: "is multiplied by", min: 0, max: 10 },
  { name: "max", text: "is raised to at least", min: 0, max: 1 },
  { name: "min", text: "is cut to at most", min: 0, max: 1 },
] as const;

interface ShapeField {
  name: string;
  label: string;
  min: number;
  max: number;
  whole: boolean;
  initial: string;
}

const field = (name: string, label: string, min: number, max: number, initial: string, whole = true): ShapeField =>
  ({ name, label, min, max, whole, initial });

/** How strong an effect is over time, with the fields of each shape. */
export const SHAPES: readonly { name: string; text: string; fields: readonly ShapeField[] }[] = [
  { name: "step", text: "in full, all the time", fields: [] },
  { name: "instantaneous", text: "in one tick alone", fields: [] },
  { name: "pulse", text: "in full for some ticks", fields: [field("ticks", "Ticks", 1, 1000, "10")] },
  { name: "linear_decay", text: "fading evenly", fields: [field("ticks", "Gone after", 1, 1000, "10")] },
  { name: "exponential_decay", text: "fading by halves", fields: [field("half_life_ticks", "Half after", 0.1, 1000, "10", false)] },
  { name: "lagged", text: "setting in late", fields: [field("lag_ticks", "Nothing for", 0, 1000, "5"), field("rise_ticks", "Then rising over", 0, 1000, "0")] },
  { name: "custom", text: "along points of one's own", fields: [] },
];

export const COMPARISONS = [">=", ">", "<=", "<", "==", "!="] as const;

/** Ticks that a window may name. */
export const WINDOW = { from: { min: 0, max: 999, whole: true }, until: { min: 1, max: 1000, whole: true } } as const;

/** Points of a curve of one's own, as they are typed. */
const POINT = String.raw`\s*\d+\s*:\s*(0|1(\.0*)?|0?\.\d+|\d(\.\d+)?e-\d+)\s*`;
const POINTS = new RegExp(`^${POINT}(,${POINT})*$`);

/** A new effect of the model's first variable. */
export function emptyEffect(model: Model): EffectDraft {
  return {
    variable: model.variables[0]?.name ?? "", operation: "add", value: "", from: "", until: "", regions: "", segments: "",
    shape: "step", shapeFields: {}, when: "", of: "", comparison: ">=", bound: "", region: "",
  };
}

/** The range that an operation's value has. */
export function rangeOf(operation: string): { min: number; max: number; whole: false } {
  const { min, max } = OPERATIONS.find(({ name }) => name === operation) ?? OPERATIONS[0];
  return { min, max, whole: false };
}

/** What is wrong with the window, that no field says alone; null where nothing is. */
export function wrongWindow({ from, until }: EffectDraft): string | null {
  return until.trim() !== "" && Number(until) <= Number(from || "0") ? "must be above the tick that it begins with" : null;
}

/** What is wrong with the points of a curve; null where nothing is. */
export function wrongPoints(text: string): string | null {
  return POINTS.test(text) ? null : "must be pairs of ticks and strengths from 0 to 1, such as 0:1, 10:0.5, 20:0";
}

/** True where no field says what it must not. */
export function isSoundEffect(effect: EffectDraft): boolean {
  const { value, from, until, shape, shapeFields, when, of, bound } = effect;
  if (effect.kept) return true;
  const filled = value.trim() !== "" && misfit(rangeOf(effect.operation), value) === null;
  const window = misfit(WINDOW.from, from) === null && misfit(WINDOW.until, until) === null && wrongWindow(effect) === null;
  const fields = SHAPES.find(({ name }) => name === shape)?.fields ?? [];
  const shaped = fields.every((each) => misfit(each, shapeFields[each.name] ?? "") === null);
  const curve = shape !== "custom" || wrongPoints(shapeFields.points ?? "") === null;
  const condition = when === "" || (of !== "" && bound.trim() !== "" && Number.isFinite(Number(bound)));
  return filled && window && shaped && curve && condition;
}

const list = (text: string) => text.split(",").map((each) => each.trim()).filter(Boolean);

/** The effect that is asked for; what is as by default is left out. */
export function effectOf(draft: EffectDraft): Effect {
  if (draft.kept) return draft.kept;
  const { variable, operation, value, from, until, regions, segments, when, of, comparison, bound, region } = draft;
  const intensity = intensityOf(draft);
  return {
    variable,
    operation,
    // What is still to be said is null in the request that the form shows.
    value: value.trim() === "" ? NaN : Number(value),
    ...(Number(from) > 0 && { from_tick: Number(from) }),
    ...(until.trim() !== "" && { until_tick: Number(until) }),
    ...(list(regions).length > 0 && { regions: list(regions) }),
    ...(list(segments).length > 0 && { segments: list(segments) }),
    ...(intensity && { intensity }),
    ...(when !== "" && {
      precondition: { [when]: of, comparison, value: Number(bound), ...(region.trim() !== "" && { region: region.trim() }) },
    }),
  };
}

function intensityOf({ shape, shapeFields }: EffectDraft): Intensity | null {
  if (shape === "step") return null;
  if (shape === "custom") {
    return { shape, points: list(shapeFields.points ?? "").map((pair) => pair.split(":").map(Number) as [number, number]) };
  }
  const fields = SHAPES.find(({ name }) => name === shape)?.fields ?? [];
  return { shape, ...Object.fromEntries(fields.map(({ name, initial }) => [name, Number(shapeFields[name]?.trim() || initial)])) };
}

/** The draft that asks for this effect. */
export function draftOf(effect: Effect): EffectDraft {
  const { variable, operation, value, from_tick, until_tick, regions, segments, intensity, precondition } = effect;
  const { shape, points, ...numbers } = intensity ?? { shape: "step" };
  const shapeFields = Object.entries(numbers).flatMap(([name, number]) => (number === null || number === undefined ? [] : [[name, String(number)]]));
  if (points) shapeFields.push(["points", points.map((pair) => pair.join(":")).join(", ")]);
  return {
    variable, operation, value: String(value),
    from: from_tick ? String(from_tick) : "",
    until: until_tick ? String(until_tick) : "",
    regions: (regions ?? []).join(", "),
    segments: (segments ?? []).join(", "),
    shape,
    shapeFields: Object.fromEntries(shapeFields) as Record<string, string>,
    when: precondition?.metric ? "metric" : precondition?.variable ? "variable" : "",
    of: precondition?.metric ?? precondition?.variable ?? "",
    comparison: precondition?.comparison ?? ">=",
    bound: precondition ? String(precondition.value) : "",
    region: precondition?.region ?? "",
    ...(effect.cause && { kept: effect }),
  };
}
