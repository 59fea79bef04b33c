// Named agents: what the form asks for, what it takes back from a run, and what it refuses.
import { describe, expect, it } from "vitest";
import type { Journey, Target } from "../../src/api/target";
import type { Config, Model } from "../../src/api/types";
import { emptyJourney, isSoundJourney, journeyDraftOf, journeyOf } from "../../src/pages/create/journey";
import { draftLike, emptyDraft, isSound, requestOf } from "../../src/pages/create/request";
import { emptyCondition, emptyTarget, isSoundTarget, pickCondition, targetDraftOf, targetOf } from "../../src/pages/create/targets";

const model = {
  name: "society", version: "1", parameters: { properties: {} }, variables: [],
  metrics: [{ name: "sentiment", unit: "opinion", description: "Mean opinion" }],
  traits: [
    { name: "opinion", type: "number", settable: true, minimum: -1, maximum: 1 },
    { name: "adopted", type: "boolean", settable: true },
    { name: "stance", type: "string", settable: false, enum: ["skeptic", "supporter"] },
  ],
} as Model;
const ada = { ...emptyTarget(), name: "Ada" };

/** A named agent as the API tells of one. */
const told: Target = {
  name: "Ada", agent: 0, region: "CA", segment: null, traits: { opinion: -0.4, adopted: true },
  goal: [{ trait: "stance", equals: "supporter" }, { metric: "sentiment", at_least: 0.5 }],
};

describe("a named agent", () => {
  it("is asked for with what was said and nothing else", () => {
    expect(targetOf(ada, model)).toEqual({ name: "Ada" });
    const { body } = requestOf({ ...emptyDraft("p"), targets: [{ ...ada, traits: { adopted: "false", opinion: "" } }] }, model, true);
    expect(body).toMatchObject({ mode: "hybrid", config: { targets: [{ name: "Ada", traits: { adopted: false } }] } });
    expect(requestOf(emptyDraft("p"), model, true).body, "without any it is a society").not.toHaveProperty("mode");
    const batch = requestOf({ ...emptyDraft("p"), seeds: "2", targets: [ada] }, model, true).body;
    expect(batch.base_config).toMatchObject({ mode: "hybrid", targets: [{ name: "Ada" }] });
  });
  it("is asked for again as a run had it", () => {
    const { segment: _any, ...asked } = told;
    expect(targetOf(targetDraftOf(told), model)).toEqual(asked);
    expect(targetDraftOf({ name: "Ben", agent: null, traits: {}, goal: null })).toEqual({ ...emptyTarget(), name: "Ben" });
  });
  it("has goals that fit what they are about", () => {
    expect(pickCondition(model, "trait", "stance")).toMatchObject({ comparison: "equals", value: "" });
    expect(pickCondition(model, "metric", "sentiment").comparison).toBe("at_least");
    expect(emptyCondition({ ...model, traits: [] })).toMatchObject({ of: "metric", name: "sentiment" });
  });
  it("is refused where a field says what it must not", () => {
    expect(isSoundTarget(ada, model, ["Ada", "Ben"])).toBe(true);
    expect(isSoundTarget(ada, model, ["Ada", "Ada "]), "names are told apart").toBe(false);
    for (const more of [{ name: " " }, { agent: "-1" }, { traits: { opinion: "1.5" } }, { goal: [emptyCondition(model)] }]) {
      expect(isSoundTarget({ ...ada, ...more }, model, [ada.name]), JSON.stringify(more)).toBe(false);
    }
    expect(isSound({ ...emptyDraft("p"), targets: [emptyTarget()] }, model)).toBe(false);
  });
});

describe("a journey", () => {
  const asked: Journey = {
    persona: { region: "CA", segment: null, traits: { opinion: -0.4 } }, copies: 500, goal: [{ trait: "adopted", equals: true }],
    society: { run_id: "r", environment: "mean" },
  };
  it("is asked for again as a run had it", () => {
    expect(journeyOf(journeyDraftOf(asked), model)).toEqual({ ...asked, persona: { region: "CA", traits: { opinion: -0.4 } } });
    const alone = journeyOf(journeyDraftOf({ ...asked, society: null }), model);
    expect(alone).not.toHaveProperty("society");
  });
  it("needs a goal, and a number of copies that may be", () => {
    const journey = journeyDraftOf(asked);
    expect(isSoundJourney(journey, model)).toBe(true);
    expect(isSoundJourney(emptyJourney(model), model), "nothing is said of the goal").toBe(false);
    for (const more of [{ goal: [] }, { copies: "0" }, { copies: "1000001" }, { traits: { opinion: "2" } }]) {
      expect(isSoundJourney({ ...journey, ...more }, model), JSON.stringify(more)).toBe(false);
    }
    expect(isSound({ ...emptyDraft("p"), journey, seeds: "2" }, model), "a batch takes no society").toBe(false);
  });
  it("leaves to its society what is that run's", () => {
    const config = {
      seed: 5, horizon_ticks: 30, model: "society", parameters: {}, population: { dataset: "us-2020", agents: 500 }, network: { kind: "ring" },
      snapshot_every_ticks: 0, scheduler: { partition_by: "region", activation: "all", sample_rate: 0.001, batch_size: 500 }, dataset_version: "3",
      scenario_patch: null, target: asked,
    } as unknown as Config;
    const { body } = requestOf(draftLike(config, "B", "p"), model, true);
    expect(body.mode).toBe("target");
    expect(Object.keys(body.config as object).sort()).toEqual(["horizon_ticks", "seed", "snapshot_every_ticks", "target"]);
    const alone = requestOf(draftLike({ ...config, target: { ...asked, society: null } }, "B", "p"), model, true).body;
    expect(alone.config).toMatchObject({ population: { dataset: "us-2020" }, dataset_version: "3", scheduler: { sample_rate: 0.001, batch_size: 500 } });
    expect((alone.config as { population: object }).population, "there are as many as copies").not.toHaveProperty("agents");
  });
});
