// Events on the way: what the form asks for, what it takes back from a run, and what it refuses.
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/api/types";
import { deeds, type Effect } from "../../src/lib/scenario";
import { draftOf, type EffectDraft, effectOf, emptyEffect, isSoundEffect } from "../../src/pages/create/effects";
import { bundleLike, emptyBundle, withoutBundle } from "../../src/pages/create/bundle";
import { emptyRecord, isSoundRecord, recordLike, recordOf } from "../../src/pages/create/record";
import { emptyDraft, isSound, requestOf } from "../../src/pages/create/request";

const model: Model = {
  name: "society", version: "1", parameters: { properties: {} },
  variables: [{ name: "trust", minimum: 0, maximum: 1, default: 0.5, description: "Trust" }],
  metrics: [{ name: "adoption_rate", unit: "share of agents", description: "Adopted" }],
};
const plain = { ...emptyEffect(model), value: "0.2" };

/** An effect as the API tells of one that is in force. */
const told: Effect = {
  variable: "trust", operation: "max", value: 0.8, regions: ["CA", "OR"], segments: null, from_tick: 10, until_tick: 40,
  intensity: { shape: "lagged", lag_ticks: 2, rise_ticks: 3 },
  precondition: { metric: "adoption_rate", region: null, comparison: ">=", value: 0.1 },
};

describe("an effect", () => {
  it("asks for what was said and nothing else", () => {
    expect(effectOf(plain)).toEqual({ variable: "trust", operation: "add", value: 0.2 });
    expect(requestOf({ ...emptyDraft("p"), effects: [plain] }, model, true).body).toMatchObject({ scenario_patch: { effects: [effectOf(plain)] } });
    expect(effectOf({ ...plain, regions: " TX , LA,", shape: "pulse" })).toMatchObject({ regions: ["TX", "LA"], intensity: { shape: "pulse", ticks: 10 } });
  });
  it("is asked for again as a run had it", () => {
    const { segments: _none, ...asked } = told;
    expect(effectOf(draftOf(told))).toEqual({ ...asked, precondition: { metric: "adoption_rate", comparison: ">=", value: 0.1 } });
    const curve: Effect = { ...told, intensity: { shape: "custom", points: [[0, 1], [10, 0.5], [20, 0], [30, 1e-7]] } };
    expect(effectOf(draftOf(curve)).intensity).toEqual(curve.intensity);
    expect(draftOf({ variable: "trust", operation: "add", value: -0.1 })).toEqual({ ...emptyEffect(model), value: "-0.1" });
  });
  it("is refused where a field says what it must not", () => {
    expect(isSoundEffect(plain)).toBe(true);
    const wrong: Partial<EffectDraft>[] = [
      { value: "" }, { value: "1.5" }, { operation: "set", value: "-0.1" }, { from: "10", until: "10" }, { until: "1001" },
      { shape: "pulse", shapeFields: { ticks: "0" } }, { shape: "custom" }, { shape: "custom", shapeFields: { points: "0:2" } },
      { when: "metric", of: "adoption_rate" },
    ];
    for (const more of wrong) {
      expect(isSoundEffect({ ...plain, ...more }), JSON.stringify(more)).toBe(false);
      expect(isSound({ ...emptyDraft("p"), effects: [{ ...plain, ...more }] }, model)).toBe(false);
    }
  });
  it("is told in words", () => {
    expect(deeds({ effects: [told] })).toEqual([
      { name: "Trust", text: "at least 0.8 2 ticks late, rising over 3 from tick 10 until 40 in CA, OR, once adoption rate >= 0.1" },
    ]);
    expect(deeds({ effects: [effectOf(plain)] })[0]?.text).toBe("+0.20");
  });
});

describe("a bundle", () => {
  it("is asked for by its id, and again with the effects that a run had of it", () => {
    const asked = requestOf({ ...emptyDraft("p"), bundle: { ...emptyBundle(), id: "b", attribution: true } }, model, true);
    expect(asked.body).toMatchObject({ scenario_patch: { event_bundle_id: "b", attribution: true } });
    const caused: Effect = { ...effectOf(plain), cause: { event_bundle_id: "b", script: "Shock" } };
    const patch = { variable_deltas: {}, effects: [told, caused], event_bundle_id: "b", event_bundle_version: 3, attribution: false };
    const like = bundleLike(patch);
    expect(like).toEqual({ id: "b", attribution: false, version: 3 });
    // A child's own effects come after those of its parent's bundle: order is kept.
    const effects = [told, caused, { ...told, value: 0.3 }].map(draftOf);
    const again = requestOf({ ...emptyDraft("p"), effects, bundle: like }, model, true).body;
    expect(again.scenario_patch).toMatchObject({ event_bundle_id: "b", event_bundle_version: 3, effects: [{ value: 0.8 }, caused, { value: 0.3 }] });
    expect(effects.map(isSoundEffect)).toEqual([true, true, true]);
    expect(withoutBundle(effects, "b").map(({ value }) => value)).toEqual(["0.8", "0.3"]);
    expect(deeds(patch)[1]?.text).toBe("+0.20 (Shock)");
    expect(bundleLike(null)).toEqual(emptyBundle());
  });
});

describe("telemetry", () => {
  it("is as the server says unless something is said", () => {
    expect(recordOf(emptyRecord())).toEqual({});
    const told = { enabled: true, keyframe_every: 0, sample_agents: "all", by_region: false, by_segment: true, reasons: false };
    expect(recordOf(recordLike(told))).toEqual(told);
    expect(recordOf(recordLike({ enabled: false }))).toEqual({ enabled: false });
    expect(isSoundRecord({ ...emptyRecord(), sampleAgents: "some" })).toBe(false);
    expect(isSoundRecord({ ...emptyRecord(), keyframeEvery: "1001" })).toBe(false);
  });
});
