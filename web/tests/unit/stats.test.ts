// The statistics of comparisons, against values worked out elsewhere.
import { describe, expect, it } from "vitest";
import { band, shift, summarise, t975 } from "../../src/lib/stats";

describe("t975", () => {
  it("has the table's values, and goes on beyond it", () => {
    expect(t975(1)).toBe(12.706);
    expect(t975(30)).toBe(2.042);
    // NIST's table: 2.021 at 40, 2.000 at 60, 1.984 at 100.
    expect(t975(40)).toBeCloseTo(2.021, 3);
    expect(t975(60)).toBeCloseTo(2.0, 3);
    expect(t975(100)).toBeCloseTo(1.984, 3);
    expect(t975(0)).toBeNaN();
  });
});

describe("summarise", () => {
  it("gives mean, deviation and interval", () => {
    const { n, mean, sd, margin } = summarise([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([n, mean]).toEqual([8, 5]);
    expect(sd).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(margin).toBeCloseTo((2.365 * Math.sqrt(32 / 7)) / Math.sqrt(8), 12);
  });
  it("says nothing of the spread of one value", () => {
    expect(summarise([3])).toEqual({ n: 1, mean: 3, sd: NaN, margin: NaN });
    expect(summarise([]).n).toBe(0);
  });
});

describe("shift", () => {
  const of = (values: number[], seeds = values.map((_, i) => i)) => values.map((value, i) => ({ seed: seeds[i] ?? 0, value }));
  it("pairs runs of the same seeds, in whatever order they come", () => {
    const { mean, margin, paired } = shift(of([1, 2, 3]), of([3.5, 2.5, 1.5], [2, 1, 0]));
    expect([mean, paired]).toEqual([0.5, true]);
    expect(margin).toBeCloseTo(0, 12);
  });
  it("uses Welch's interval for different seeds", () => {
    // Welch's degrees are 4 for equal sizes and variances of 3 values: t is 2.776.
    const { mean, margin, paired } = shift(of([1, 2, 3]), of([2, 3, 4], [7, 8, 9]));
    expect([mean, paired]).toEqual([1, false]);
    expect(margin).toBeCloseTo(2.776 * Math.sqrt(2 / 3), 9);
  });
  it("has no interval for single runs", () => {
    expect(shift(of([1]), of([2])).margin).toBeNaN();
    expect(shift(of([1]), of([2])).mean).toBe(1);
  });
});

describe("band", () => {
  const line = (...values: number[]) => values.map((value, tick) => ({ tick, value }));
  it("is the mean with its interval at common ticks", () => {
    const { ticks, mean, low, high } = band([line(0, 1, 2), line(2, 3)]);
    expect([ticks, mean]).toEqual([[0, 1], [1, 2]]);
    expect((high[0] ?? 0) - (low[0] ?? 0)).toBeCloseTo(2 * 12.706, 9);
  });
  it("is the line itself for one line, and nothing for none", () => {
    expect(band([line(1, 2)])).toEqual({ ticks: [0, 1], mean: [1, 2], low: [1, 2], high: [1, 2] });
    expect(band([]).ticks).toEqual([]);
  });
});
