// A form whose copies are to live in a recorded society: what is that society's is in it, and what was typed stays.
import { describe, expect, it } from "vitest";
import type { Config, Model } from "../../src/api/types";
import { draftOf } from "../../src/pages/create/effects";
import { emptyJourney, journeyIn } from "../../src/pages/create/journey";
import { draftLike, emptyDraft, isSound } from "../../src/pages/create/request";
import { livingIn } from "../../src/pages/create/society";

const model: Model = { name: "society", version: "1", parameters: { properties: {} }, variables: [], metrics: [], traits: [{ name: "adopted", type: "boolean" }] };
const config = {
  seed: 5, horizon_ticks: 30, model: "bass", parameters: { p: 0.3 }, population: { dataset: "wards", agents: 99 }, network: { kind: "ring" },
  snapshot_every_ticks: 0, scheduler: { partition_by: "region", activation: "all", sample_rate: 1, batch_size: 1000 }, scenario_patch: null,
} as unknown as Config;
const run = { id: "run", name: "A society", project_id: "project", config };
const goal = [{ of: "trait" as const, name: "adopted", comparison: "equals", value: "true" }];
const journey = { ...emptyJourney(model), region: "CA", copies: "30", traits: { opinion: "0.5" }, goal };
const draft = {
  ...emptyDraft("project"), name: "Mine", journey, deltas: { trust: "0.1" }, effects: [draftOf({ variable: "trust", operation: "add", value: 0.1 })],
  bundle: { id: "bundle", attribution: false, version: 2 }, kept: { scenario_patch: { later: 1 }, mark: 1 },
};

describe("livingIn", () => {
  it("takes nothing of another model along", () => {
    const made = { ...draft, ...livingIn(run, draft) };
    expect(made).toMatchObject({ name: "Mine", model: "bass", dataset: "wards", deltas: {}, effects: [], bundle: { id: "", version: null }, kept: { mark: 1 } });
    expect(made.kept).not.toHaveProperty("scenario_patch");
    expect(made.journey).toMatchObject({ region: "CA", copies: "30", traits: {}, society: "run" });
  });
  it("leaves what is of the same model", () => {
    const made = { ...draft, ...livingIn({ ...run, config: { ...config, model: "society" } }, draft) };
    expect(made).toMatchObject({ deltas: draft.deltas, bundle: draft.bundle, kept: draft.kept, journey: { ...journey, society: "run" } });
    expect(made.effects).toHaveLength(1);
  });
  it("changes no form that asks for a society meanwhile", () => {
    expect(livingIn(run, { ...draft, journey: null })).toEqual({});
  });
});

describe("a journey", () => {
  it("keeps its place and its copies with another model", () => {
    expect(journeyIn(model, { ...journey, society: "run" })).toEqual({ ...emptyJourney(model), region: "CA", copies: "30" });
  });
  it("is sound whatever stands in the field for agents, which is not shown", () => {
    const hidden = { ...draftLike({ ...config, model: "society", parameters: {} }, "A", "project"), agents: "0" };
    expect(isSound(hidden, model)).toBe(false);
    expect(isSound({ ...hidden, journey }, model)).toBe(true);
    expect(isSound({ ...hidden, journey: { ...journey, copies: "0" } }, model)).toBe(false);
  });
});
