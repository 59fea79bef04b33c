// A fork asked for once more: what differs from its parent and nothing else, with the effects that are its own.
import { describe, expect, it } from "vitest";
import type { Run } from "../../src/api/types";
import type { Patch } from "../../src/lib/scenario";
import { againOf, hasPast, sharesBeginning } from "../../src/pages/run/again";

const effect = (variable: string, from_tick?: number) => ({ variable, operation: "add", value: 0.1, ...(from_tick !== undefined && { from_tick }) });

function run(id: string, config: { seed?: number | bigint; horizon_ticks?: number; scenario_patch?: Patch }, more: Partial<Run> = {}): Run {
  const base = { seed: 1, horizon_ticks: 40, snapshot_every_ticks: 10, telemetry: {}, scheduler: { batch_size: 500 }, scenario_patch: null };
  return {
    id, name: id, project_id: "project", batch_id: null, forked_from: null, outputs: { node_id: `node of ${id}` }, config: { ...base, ...config }, ...more,
  } as unknown as Run;
}

const forked = { forked_from: { run_id: "parent", tick: 20 } };

describe("a fork", () => {
  const theirs = { variable_deltas: { trust: 0.2, media: 0.1 }, effects: [effect("trust"), effect("media", 25), effect("trust", 35)] };
  const parent = run("parent", { scenario_patch: theirs });
  it("says nothing of what is as in its parent", () => {
    const { path, body } = againOf(run("fork", { scenario_patch: theirs }, forked), parent);
    expect(path).toBe("/runs/parent/fork");
    expect(body).toEqual({
      project_id: "project", name: "fork", from_tick: 20, config: { snapshot_every_ticks: 10, telemetry: {}, scheduler: { batch_size: 500 } },
      scenario_patch: { variable_deltas: {}, effects: [] },
    });
  });
  it("says what differs, with shifts that it took back", () => {
    const patch = { variable_deltas: { trust: 0.2, economy: -0.3 }, effects: theirs.effects };
    const { body } = againOf(run("fork", { seed: 2n ** 60n, horizon_ticks: 50, scenario_patch: patch }, forked), parent);
    expect(body).toMatchObject({ config: { seed: 2n ** 60n, horizon_ticks: 50 } });
    expect(body.scenario_patch).toEqual({ variable_deltas: { media: 0, economy: -0.3 }, effects: [] });
  });
  it("has its own effects, also where it ends before some of its parent's begin", () => {
    const own = effect("economy", 28);
    const scenario_patch = { variable_deltas: theirs.variable_deltas, effects: [...theirs.effects.slice(0, 2), own] };
    const { body } = againOf(run("fork", { horizon_ticks: 30, scenario_patch }, forked), parent);
    expect(body).toMatchObject({ config: { horizon_ticks: 30 }, scenario_patch: { effects: [own] } });
    const later = { ...scenario_patch, effects: [...theirs.effects, own] };
    expect(againOf(run("fork", { scenario_patch: later }, forked), parent).body).toMatchObject({ scenario_patch: { effects: [own] } });
    // An effect that begins with the end has no tick.
    const ending = { ...scenario_patch, effects: [effect("trust"), own] };
    expect(againOf(run("fork", { horizon_ticks: 25, scenario_patch: ending }, forked), parent).body).toMatchObject({ scenario_patch: { effects: [own] } });
  });
  it("names a bundle where its own effects are of one", () => {
    const of = { event_bundle_id: "bundle", event_bundle_version: 3, attribution: true };
    const caused = { ...effect("trust", 30), cause: { event_bundle_id: "bundle", script: "A" } };
    const mine = { ...theirs, effects: [...theirs.effects, caused], ...of };
    expect(againOf(run("fork", { scenario_patch: mine }, forked), parent).body).toMatchObject({ scenario_patch: of });
    expect(againOf(run("fork", { scenario_patch: { ...theirs, ...of } }, forked), parent).body.scenario_patch).not.toHaveProperty("event_bundle_id");
  });
});

describe("a run that is no fork", () => {
  it("is one more of its scenario", () => {
    const { path, body } = againOf(run("one", { seed: 9 }), null);
    expect([path, body.node_id, body.project_id]).toEqual(["/runs", "node of one", "project"]);
    expect(body.config).toMatchObject({ seed: 9 });
  });
  it("may have the beginning of another of its batch", () => {
    const sibling = run("parent", {}, { batch_id: "batch" });
    const shared = run("shared", { seed: 9 }, { ...forked, batch_id: "batch" });
    expect(againOf(shared, sibling)).toMatchObject({ path: "/runs", body: { node_id: "node of shared", config: { seed: 9 } } });
    expect([sharesBeginning(shared, sibling), sharesBeginning(shared, run("parent", {})), sharesBeginning(run("a", {}), run("b", {}))]).toEqual([true, false, false]);
    expect(againOf({ ...shared, batch_id: "of forks" }, sibling).path).toBe("/runs/parent/fork");
  });
  it("has no past", () => {
    expect(hasPast(run("one", {}))).toBe(false);
  });
});
