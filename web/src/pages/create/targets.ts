// Named agents as they stand in the form, and what is asked for them; docs/modes.md says what the fields mean. Pure.
import type { Model, Trait } from "../../api/types";
import { misfit } from "../../lib/schema";
import type { Condition, Persona, Target, Value } from "../../api/target";

/** Who somebody is. Numbers are texts, as they were typed; empty means left out. */
export interface PersonaDraft {
  region: string;
  segment: string;
  /** By trait. */
  traits: Record<string, string>;
}

/** A named agent in the form. */
export interface TargetDraft extends PersonaDraft {
  name: string;
  agent: string;
  goal: ConditionDraft[];
}

export interface ConditionDraft {
  of: "trait" | "metric";
  name: string;
  comparison: string;
  value: string;
}

export const MOST_TARGETS = 64;
export const MOST_CONDITIONS = 8;
export const AGENT = { min: 0, max: 99_999_999, whole: true } as const;

/** How a condition compares; what is no number is compared with `equals` alone. */
export const COMPARISONS = [
  { name: "at_least", text: "at least" },
  { name: "above", text: "above" },
  { name: "at_most", text: "at most" },
  { name: "below", text: "below" },
  { name: "equals", text: "is" },
] as const;

/** A named agent before anything was said of it. */
export function emptyTarget(): TargetDraft {
  return { name: "", region: "", segment: "", agent: "", traits: {}, goal: [] };
}

/** A condition on the model's first trait, or metric where it has none. */
export function emptyCondition(model: Model): ConditionDraft {
  const trait = model.traits?.[0];
  return pickCondition(model, trait ? "trait" : "metric", trait?.name ?? model.metrics[0]?.name ?? "");
}

/** A condition on this trait or metric, with nothing said of its value. */
export function pickCondition(model: Model, of: ConditionDraft["of"], name: string): ConditionDraft {
  return { of, name, comparison: choicesOf(traitOf(model, { of, name })) ? "equals" : "at_least", value: "" };
}

/** The trait that a condition is about; undefined for a metric. */
export function traitOf(model: Model, { of, name }: Pick<ConditionDraft, "of" | "name">): Trait | undefined {
  return of === "trait" ? model.traits?.find((trait) => trait.name === name) : undefined;
}

/** The values of a trait that has but a few; null for a number. */
export function choicesOf(trait: Trait | undefined): { value: string; text: string }[] | null {
  if (trait?.type === "boolean") return [{ value: "true", text: "yes" }, { value: "false", text: "no" }];
  return trait?.enum?.map((value) => ({ value, text: value.replace(/_/g, " ") })) ?? null;
}

/** The range of a trait that is a number. */
export function boundsOf(trait: Trait | undefined): { min: number; max: number; whole: boolean } {
  return { min: trait?.minimum ?? -Infinity, max: trait?.maximum ?? Infinity, whole: trait?.type === "integer" };
}

function valueOf(trait: Trait | undefined, text: string): Value {
  if (trait?.type === "boolean") return text === "true";
  return trait?.enum ? text : Number(text);
}

/** True where every trait that is given may be so. */
export function isSoundBirth(traits: Record<string, string>, model: Model): boolean {
  return Object.entries(traits).every(([of, text]) => {
    const trait = traitOf(model, { of: "trait", name: of });
    return text.trim() === "" || choicesOf(trait) !== null || misfit(boundsOf(trait), text) === null;
  });
}

/** True where every condition says what it compares with. */
export function isSoundGoal(goal: readonly ConditionDraft[], model: Model): boolean {
  return goal.every((each) => {
    const filled = each.value.trim() !== "";
    return filled && (choicesOf(traitOf(model, each)) !== null || Number.isFinite(Number(each.value)));
  });
}

/** True where no field says what it must not. `names` are those of all of them. */
export function isSoundTarget({ name, agent, traits, goal }: TargetDraft, model: Model, names: readonly string[]): boolean {
  const named = name.trim() !== "" && names.filter((other) => other.trim() === name.trim()).length === 1;
  return named && misfit(AGENT, agent) === null && isSoundBirth(traits, model) && isSoundGoal(goal, model);
}

/** Who is asked for; what is left to the model and the seed is left out. */
export function personaOf({ region, segment, traits }: PersonaDraft, model: Model): Persona {
  const given = Object.entries(traits).flatMap(([of, text]) =>
    text.trim() === "" ? [] : [[of, valueOf(traitOf(model, { of: "trait", name: of }), text.trim())] as const]);
  return {
    ...(region.trim() && { region: region.trim() }),
    ...(segment.trim() && { segment: segment.trim() }),
    ...(given.length > 0 && { traits: Object.fromEntries(given) }),
  };
}

/** The conditions that are asked for. */
export function goalOf(goal: readonly ConditionDraft[], model: Model): Condition[] {
  return goal.map((each): Condition => ({ [each.of]: each.name, [each.comparison]: valueOf(traitOf(model, each), each.value.trim()) }));
}

/** The named agent that is asked for. */
export function targetOf(draft: TargetDraft, model: Model): Target {
  const { name, agent, goal } = draft;
  return {
    name: name.trim(),
    ...personaOf(draft, model),
    ...(agent.trim() && { agent: Number(agent) }),
    ...(goal.length > 0 && { goal: goalOf(goal, model) }),
  };
}

/** The draft that asks for such a persona. */
export function personaDraftOf({ region, segment, traits }: Persona): PersonaDraft {
  const texts = Object.entries(traits ?? {}).map(([of, value]) => [of, String(value)]);
  return { region: region ?? "", segment: segment ?? "", traits: Object.fromEntries(texts) as Record<string, string> };
}

/** The draft that asks for this one, as a run's configuration tells of it. */
export function targetDraftOf(target: Target): TargetDraft {
  const { name, agent, goal } = target;
  return {
    name, ...personaDraftOf(target),
    agent: agent === null || agent === undefined ? "" : String(agent),
    goal: (goal ?? []).map(conditionDraftOf),
  };
}

/** The draft that asks for this condition. */
export function conditionDraftOf({ trait, metric, ...comparison }: Condition): ConditionDraft {
  const [word = "equals", value = ""] = Object.entries(comparison)[0] ?? [];
  return { of: trait ? "trait" : "metric", name: trait ?? metric ?? "", comparison: word, value: String(value) };
}
