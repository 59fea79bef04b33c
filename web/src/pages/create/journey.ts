// The journey of one persona as it stands in the form: copies of it, the goal that they may come to, and the society that they
// live in; docs/modes.md says what the fields mean. Pure.
import type { Journey } from "../../api/target";
import type { Model } from "../../api/types";
import { misfit } from "../../lib/schema";
import { type ConditionDraft, conditionDraftOf, emptyCondition, goalOf, isSoundBirth, isSoundGoal, personaDraftOf, personaOf, type PersonaDraft } from "./targets";

/** A journey in the form. */
export interface JourneyDraft extends PersonaDraft {
  copies: string;
  goal: ConditionDraft[];
  /** The run whose society it is; empty where the society stays as the model makes it. */
  society: string;
  environment: "recorded" | "mean";
}

export const COPIES = { min: 1, max: 1_000_000, whole: true } as const;

/** A journey before anything was said of it. */
export function emptyJourney(model: Model): JourneyDraft {
  return { region: "", segment: "", traits: {}, copies: "", goal: [emptyCondition(model)], society: "", environment: "recorded" };
}

/** The journey when another model is picked, whose traits, segments and goals are others. */
export function journeyIn(model: Model, { region, copies }: JourneyDraft): JourneyDraft {
  return { ...emptyJourney(model), region, copies };
}

/** True where no field says what it must not. */
export function isSoundJourney({ copies, traits, goal }: JourneyDraft, model: Model): boolean {
  return misfit(COPIES, copies) === null && goal.length > 0 && isSoundBirth(traits, model) && isSoundGoal(goal, model);
}

/** The journey that is asked for; what is as by default is left out. */
export function journeyOf(draft: JourneyDraft, model: Model): Journey {
  const { copies, goal, society, environment } = draft;
  return {
    persona: personaOf(draft, model),
    ...(copies.trim() && { copies: Number(copies) }),
    goal: goalOf(goal, model),
    ...(society && { society: { run_id: society, environment } }),
  };
}

/** The draft that asks for this one, as a run's configuration tells of it. */
export function journeyDraftOf({ persona, copies, goal, society }: Journey): JourneyDraft {
  return {
    ...personaDraftOf(persona),
    copies: copies === undefined ? "" : String(copies),
    goal: goal.map(conditionDraftOf),
    society: society?.run_id ?? "",
    environment: society?.environment ?? "recorded",
  };
}
