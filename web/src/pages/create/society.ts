// What becomes of the form where copies are to live in the society of a run: all that is then that run's, and nothing of another
// model's. Pure.
import type { Run } from "../../api/types";
import { emptyBundle } from "./bundle";
import { ofAnotherModel } from "./kept";
import { type Draft, draftLike } from "./request";

/** What changes in a form that asks for a journey, where copies are to live in the society of this run; in any other, nothing. */
export function livingIn(run: Pick<Run, "id" | "name" | "project_id" | "config">, draft: Draft): Partial<Draft> {
  if (!draft.journey) return {};
  const { model, dataset, parameters, network, networkFields, activation, sampleRate } = draftLike(run.config, run.name, run.project_id);
  const another = model !== draft.model;
  // Traits of another model are others.
  const persona = another ? { traits: {}, goal: [] } : {};
  return {
    model, dataset, parameters, network, networkFields, activation, sampleRate,
    ...(another && { deltas: {}, effects: [], bundle: emptyBundle(), targets: [], kept: ofAnotherModel(draft.kept) }),
    journey: { ...draft.journey, ...persona, society: run.id },
  };
}
