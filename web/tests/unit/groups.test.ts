// Runs put together for a comparison, and where regions are drawn.
import { describe, expect, it } from "vitest";
import atlas from "us-atlas/states-albers-10m.json";
import type { Results, Run } from "../../src/api/types";
import { colour, colourIn, domain } from "../../src/lib/colour";
import { outlinesOf, type States } from "../../src/lib/outlines";
import { placesOf, tilesOf } from "../../src/lib/points";
import { POSTAL } from "../../src/lib/states";
import { differences, groupsOf, outcomeOf } from "../../src/pages/compare/groups";

const run = (name: string, seed: number, delta: number, rate: number) => ({
  run: { name, config: { seed, horizon_ticks: 10, snapshot_every_ticks: seed, scheduler: { batch_size: seed },
    parameters: {}, scenario_patch: { variable_deltas: { trust: delta } } } } as unknown as Run,
  results: { outcome_summary: { rate, confidence_level: "high" }, confidence: { metric: "rate", margin_95: 0.01 } } as unknown as Results,
});

describe("groupsOf", () => {
  const runs = [run("A, seed 1", 1, 0.1, 0.5), run("B, seed 1", 1, 0.2, 0.7), run("A, seed 2", 2, 0.1, 0.6)];
  it("puts runs that differ by their seed together", () => {
    const groups = groupsOf(runs);
    expect(groups.map(({ name, runs }) => [name, runs.length])).toEqual([["A", 2], ["B, seed 1", 1]]);
    expect(outcomeOf(groups[0]!, "rate")).toMatchObject({ n: 2, mean: 0.55, within: false });
    expect(outcomeOf(groups[1]!, "rate"), "a single run has the margin within its seed").toMatchObject({ margin: 0.01, within: true });
    expect(differences(groups)).toEqual([{ name: "scenario_patch.variable_deltas.trust", texts: ["0.1", "0.2"] }]);
  });
  it("tells runs of one name apart", () => {
    const names = groupsOf([run("A", 1, 0.1, 0), run("A", 1, 0.2, 0)]).map(({ name }) => name);
    expect(names).toEqual(["A (Trust +0.10, seed 1)", "A (Trust +0.20, seed 1)"]);
  });
});

describe("places", () => {
  it("keep coordinates within the box, north up", () => {
    const at = (latitude: number | null, longitude: number | null) => ({ latitude, longitude });
    const [a, b] = placesOf([at(60, 5), at(50, 10)])!;
    expect(a!.y).toBeLessThan(b!.y);
    expect(a!.x).toBeLessThan(b!.x);
    expect(placesOf([at(60, 5), at(null, null)])).toBeNull();
    expect(placesOf([at(1, 1)])).toEqual([{ x: 487.5, y: 305 }]);
  });
  it("lay out tiles that do not overlap", () => {
    for (const count of [1, 2, 51, 3000]) {
      const { places, side } = tilesOf(count);
      expect(new Set(places.map(({ x, y }) => `${Math.round(x / side)},${Math.round(y / side)}`)).size).toBe(count);
      expect(places.every(({ x, y }) => x > 0 && x < 975 && y > 0 && y < 610)).toBe(true);
    }
  });
  it("have an outline for every state", () => {
    const outlines = outlinesOf(atlas as unknown as States);
    expect(POSTAL.size).toBe(51);
    expect(new Set(outlines.map(({ code }) => code))).toEqual(new Set(POSTAL.values()));
    expect(outlines.find(({ code }) => code === "DC")?.name).toBe("District of Columbia");
  });
});

describe("colours", () => {
  it("run from end to end, and stay there", () => {
    expect([colour(0), colour(1), colour(-5), colour(9)]).toEqual(["rgb(68,1,84)", "rgb(253,231,37)", "rgb(68,1,84)", "rgb(253,231,37)"]);
  });
  it("have their middle at zero where both sides mean something", () => {
    const signed = domain([-0.1, 0.4], true);
    expect([signed.low, signed.high]).toEqual([-0.4, 0.4]);
    expect(colourIn(0, signed)).toBe("rgb(236,236,240)");
    expect(colourIn(NaN, signed)).toBeNull();
    expect(colourIn(2, domain([2, 2], false))).toBe("rgb(68,1,84)");
  });
});
