// The form's request: what was said and nothing else, and what a model's schema allows.
import { describe, expect, it } from "vitest";
import { write } from "../../src/api/json";
import type { Config, Model } from "../../src/api/types";
import { changed, fieldsOf, misfit } from "../../src/lib/schema";
import { draftBelow, draftLike, emptyDraft, isSound, requestOf } from "../../src/pages/create/request";
import { keptOf, ofAnotherDataset, withKept } from "../../src/pages/create/kept";

const model: Model = {
  name: "society", version: "1",
  parameters: { properties: {
    noise: { type: "number", minimum: 0, maximum: 1, default: 0.02, description: "Noise", "x-unit": "opinion" },
    rule: { type: "integer", minimum: 0, maximum: 1, default: 0, enum: [0, 1], "x-unit": "0 or 1" },
  } },
  variables: [{ name: "trust", minimum: 0, maximum: 1, default: 0.5, description: "Trust" }],
  metrics: [],
};
const draft = emptyDraft("0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10");

describe("requestOf", () => {
  it("sends no defaults", () => {
    const { path, body } = requestOf(draft, model, true);
    expect(path).toBe("/runs");
    expect(body).toEqual({
      project_id: draft.project,
      config: { model: "society", population: { dataset: "us-2020" }, network: { kind: "gravity" } },
    });
    const same = { ...draft, parameters: { noise: "0.02" }, deltas: { trust: "0" }, networkFields: { rewiring: "0.1" } };
    expect(requestOf(same, model, true).body, "a default that is typed is no change").toEqual(body);
  });
  it("sends what was said", () => {
    const said = { ...draft, name: " A ", seed: "7", horizon: "50", parameters: { noise: "0.5" }, deltas: { trust: "-0.2" }, sampleRate: "0.5" };
    const { body } = requestOf(said, model, true);
    expect(body).toMatchObject({
      name: "A", scenario_patch: { variable_deltas: { trust: -0.2 } },
      config: { seed: 7, horizon_ticks: 50, parameters: { noise: 0.5 }, scheduler: { sample_rate: 0.5 } },
    });
  });
  it("makes a batch of several seeds", () => {
    const { path, body } = requestOf({ ...draft, name: "A", seed: "10", seeds: "3", deltas: { trust: "0.1" } }, model, false);
    expect(path).toBe("/runs/batch");
    expect(body.variations).toEqual([10, 11, 12].map((seed) => ({ name: `A, seed ${seed}`, seed })));
    expect(body).toMatchObject({ auto_start: false, base_config: { model: "society", scenario_patch: { variable_deltas: { trust: 0.1 } } } });
    expect(body.base_config).not.toHaveProperty("seed");
  });
  it("counts seeds to their last digit", () => {
    const many = { ...draft, name: "A", seed: "9007199254740991", seeds: "3" };
    const { body } = requestOf(many, model, false);
    expect(write((body.variations as { seed: unknown }[]).map(({ seed }) => seed))).toBe("[9007199254740991,9007199254740992,9007199254740993]");
    expect(isSound({ ...draft, seed: "18446744073709551614", seeds: "2" }, model)).toBe(true);
    expect(isSound({ ...draft, seed: "18446744073709551614", seeds: "3" }, model), "the last has no place").toBe(false);
    expect(isSound({ ...draft, seed: "18446744073709551616" }, model)).toBe(false);
  });
  it("asks the same as the run that it is made like", () => {
    const config = {
      seed: 5, horizon_ticks: 30, model: "society", parameters: { noise: 0.3 }, population: { dataset: "us-2020", agents: 99 },
      network: { kind: "small_world", mean_degree: 8, rewiring: 0.2 }, snapshot_every_ticks: 0, scenario_patch: null,
      scheduler: { partition_by: "region", activation: "all", sample_rate: 1, batch_size: 1000 },
      telemetry: { enabled: true, keyframe_every: 5, sample_agents: "all", by_region: false, by_segment: true, reasons: true },
    } as unknown as Config;
    expect(requestOf(draftLike(config, "B", draft.project), model, true).body).toMatchObject({
      name: "B", config: { seed: 5, horizon_ticks: 30, parameters: { noise: 0.3 }, population: { agents: 99 },
        network: { kind: "small_world", mean_degree: 8, rewiring: 0.2 }, snapshot_every_ticks: 0, telemetry: config.telemetry },
    });
    const { body } = requestOf({ ...emptyDraft(draft.project), ...draftBelow({ id: "node", project_id: draft.project, config }, "B") }, model, true);
    expect(body, "a child asks what its parent asks, with a seed of its own").toMatchObject({ parent_node_id: "node", config: { horizon_ticks: 30 } });
    expect(body.config).not.toHaveProperty("seed");
  });
});

describe("what is kept", () => {
  const config = {
    seed: 5, horizon_ticks: 30, model: "society", parameters: {}, population: { dataset: "wards", agents: 99 },
    network: { kind: "gravity" }, snapshot_every_ticks: 0, engine_version: "1.0.0", dataset_version: "2",
    scheduler: { partition_by: "region", activation: "all", sample_rate: 1, batch_size: 500 }, past: [],
    scenario_patch: { variable_deltas: { trust: 0.1, media: { delta: 0.2, from_tick: 3 } }, event_bundle_id: null, effects: [], of_a_later_version: 1 },
  } as unknown as Config;
  const kept = {
    dataset_version: "2", scheduler: { batch_size: 500 },
    scenario_patch: { variable_deltas: { media: { delta: 0.2, from_tick: 3 } }, of_a_later_version: 1 },
  };
  it("is what the form has no fields for", () => {
    expect(keptOf(config)).toEqual(kept);
    expect(keptOf({ scenario_patch: null })).toEqual({});
    expect(ofAnotherDataset(kept)).not.toHaveProperty("dataset_version");
  });
  it("is sent as it was, for one run and for many", () => {
    const like = draftLike(config, "B", draft.project);
    const { body } = requestOf(like, model, true);
    expect(body).toMatchObject({ config: { dataset_version: "2", population: { dataset: "wards" }, scheduler: { batch_size: 500 } } });
    expect(body.scenario_patch).toEqual({ ...kept.scenario_patch, variable_deltas: { trust: 0.1, media: { delta: 0.2, from_tick: 3 } } });
    expect(requestOf({ ...like, seeds: "2" }, model, true).body.base_config).toMatchObject({ dataset_version: "2", scenario_patch: kept.scenario_patch });
  });
  it("gives way to what the form says", () => {
    expect(withKept({ a: 1, b: { c: 2, d: 3 } }, { a: 4, b: { c: 5 }, e: 6 })).toEqual({ a: 4, b: { c: 5, d: 3 }, e: 6 });
  });
});

describe("fields", () => {
  it("come from the schema", () => {
    const [noise, rule] = fieldsOf(model.parameters.properties);
    expect(noise).toMatchObject({ label: "Noise", unit: "opinion", min: 0, max: 1, step: 0.01, initial: 0.02, choice: false });
    expect(rule).toMatchObject({ whole: true, choice: true });
    expect(changed([noise!, rule!], { noise: "0.02", rule: "1" })).toEqual({ rule: 1 });
  });
  it("say what is wrong", () => {
    const field = { min: 1, max: 1000, whole: true };
    expect(["", "5", "0", "1001", "1.5", "x"].map((text) => misfit(field, text))).toEqual(
      [null, null, "must be at least 1", "must be at most 1000", "must be a whole number", "must be a number"]);
    expect(isSound({ ...draft, horizon: "0" }, model)).toBe(false);
    expect(isSound({ ...draft, deltas: { trust: "1.5" } }, model)).toBe(false);
    expect(isSound(draft, model)).toBe(true);
  });
});
