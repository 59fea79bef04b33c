// Journeys of copies: who came when, how sure that is, and what the goal was in words; and when effects are felt.
import { describe, expect, it } from "vitest";
import type { JourneyReport } from "../../src/api/target";
import type { Results, Run } from "../../src/api/types";
import { comeOf, goalInWords, passagesOf, percent, wilson } from "../../src/lib/journey";
import { GOAL, styleOf } from "../../src/lib/outcome";
import { feltIn } from "../../src/lib/scenario";
import { type Ended, linesOf, outcomeOf } from "../../src/pages/compare/groups";

const report = {
  copies: 100, reached: 10, probability: 0.1, interval_95: { low: 0.0552, high: 0.1744 },
  first_passage: { by_tick: [{ tick: 0, count: 2 }, { tick: 3, count: 8 }], mean_tick: 2.4, quantiles: { p05: 3 } }, trajectory: [],
} as unknown as JourneyReport;

describe("a journey", () => {
  it("has arrivals in every tick, and the share that has come by then", () => {
    const { ticks, arrivals, share, low, high } = passagesOf(report, 4);
    expect([ticks, arrivals, share]).toEqual([[0, 1, 2, 3, 4], [2, 0, 0, 8, 0], [0.02, 0.02, 0.02, 0.1, 0.1]]);
    expect([low[4], high[4]].map((border) => Number(border?.toFixed(4)))).toEqual([0.0552, 0.1744]);
    expect(comeOf(report, 3).at(-1)).toEqual({ tick: 3, value: 0.1 });
  });
  it("is sure of as much as its copies allow", () => {
    // Of nobody and of all, Wilson's interval is not empty: 1/(1 + n/z^2) wide.
    expect(wilson(0, 100).map((border) => Number(border.toFixed(4)))).toEqual([0, 0.037]);
    expect(wilson(100, 100).map((border) => Number(border.toFixed(4)))).toEqual([0.963, 1]);
  });
  it("is told in words", () => {
    expect([0, 0.0004, 0.0123, 0.5, 0.9995, 1].map(percent)).toEqual(["0.0 %", "0.040 %", "1.2 %", "50.0 %", "99.950 %", "100.0 %"]);
    expect(goalInWords([{ trait: "adopted", equals: true }, { metric: "sentiment", at_least: 0.5 }])).toBe("adopted is yes and its part in sentiment at least 0.5");
  });
  it("is compared by the share that came", () => {
    const results = { outcome_summary: { confidence_level: "high", sentiment: 0.2 }, confidence: {}, target: report } as unknown as Results;
    const entry: Ended = { run: { config: { seed: 1 } } as unknown as Run, results };
    expect(linesOf(results)).toEqual([GOAL, "sentiment"]);
    const one = outcomeOf({ name: "A", runs: [entry] }, GOAL);
    expect([one.mean, one.within, Number(one.margin.toFixed(4))]).toEqual([0.1, true, 0.0596]);
    expect(outcomeOf({ name: "A", runs: [entry, entry] }, GOAL)).toMatchObject({ n: 2, mean: 0.1, within: false });
    expect(styleOf(GOAL, null).text(0.1)).toBe("10.0 %");
  });
});

describe("effects", () => {
  const effect = { variable: "trust", operation: "add", value: 0.1, from_tick: 10 };
  it("are felt from their window's beginning until they are gone", () => {
    expect(feltIn(effect, 60)).toEqual([10, 60]);
    expect(feltIn({ ...effect, until_tick: 30 }, 60)).toEqual([10, 30]);
    expect(feltIn({ ...effect, until_tick: 30, intensity: { shape: "pulse", ticks: 5 } }, 60)).toEqual([10, 15]);
    expect(feltIn({ ...effect, intensity: { shape: "instantaneous" } }, 60)).toEqual([10, 11]);
    expect(feltIn({ ...effect, intensity: { shape: "custom", points: [[0, 1], [8, 0]] } }, 60)).toEqual([10, 18]);
    const waiting = { metric: "sentiment", comparison: ">=", value: 0.1 };
    expect(feltIn({ ...effect, intensity: { shape: "pulse", ticks: 5 }, precondition: waiting }, 60)).toEqual([10, 60]);
  });
});
