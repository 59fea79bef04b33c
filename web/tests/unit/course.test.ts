// The course of a run: from results, and growing from telemetry, cut however the stream cuts it.
import { describe, expect, it } from "vitest";
import type { Results } from "../../src/api/types";
import { courseOf, Recording, resolutionFor, type Slice, sliceBefore, thinned } from "../../src/lib/course";
import { lineOf, placeOf, rangeOf, row, widestOf } from "../../src/lib/frames";

const slice = (from: number, to: number): Slice => {
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const line = (factor: number) => ticks.map((tick) => tick * factor);
  return { ticks, metrics: { up: { overall: line(1), by_region: { B: line(3), A: line(2) }, by_segment: { young: line(4) } } } };
};

describe("Recording", () => {
  it("is the same however the ticks come", () => {
    const whole = new Recording(10).append(slice(0, 9));
    const grown = new Recording(2);
    grown.append(slice(0, 3));
    // What was seen before a lost connection comes twice, and counts once.
    grown.append(slice(2, 5));
    const last = grown.append(slice(6, 9));
    expect(last.ticks).toEqual(whole.ticks);
    expect([last.overall, last.segments]).toEqual([whole.overall, whole.segments]);
    for (const region of [0, 1]) expect(lineOf(last.frames!, 0, region)).toEqual(lineOf(whole.frames!, 0, region));
  });
  it("goes on from ticks of another run, of which more or less may be known", () => {
    const early = slice(0, 3);
    early.metrics.up!.by_region = {};
    const recording = new Recording(8, slice(4, 7));
    recording.append(early);
    const { ticks, frames, overall } = recording.append(slice(4, 7));
    expect([ticks, overall.up]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7]]);
    expect([frames!.regions, [...row(frames!, 0, 2)], [...row(frames!, 0, 5)]]).toEqual([["A", "B"], [NaN, NaN], [10, 15]]);
  });
  it("orders regions, and knows ranges", () => {
    const { frames } = new Recording(4).append(slice(0, 4));
    expect(frames!.regions).toEqual(["A", "B"]);
    expect([...row(frames!, 0, 2)]).toEqual([4, 6]);
    expect(rangeOf(frames!, 0)).toEqual([0, 12]);
    expect(widestOf(frames!, ["up"])).toEqual({ metric: "up", tick: 4 });
  });
});

describe("courseOf", () => {
  it("takes the trends of results", () => {
    const trend = (...values: number[]) => values.map((value, i) => ({ tick: i * 4, value }));
    const results = {
      trends: { up: trend(0, 1) }, trends_by_region: { CA: { up: trend(0, 2) } }, trends_by_segment: { young: { up: trend(0, 3) } },
    } as unknown as Results;
    const course = courseOf(results);
    expect(course.ticks).toEqual([0, 4]);
    expect([course.overall.up, course.segments.young?.up]).toEqual([[0, 1], [0, 3]]);
    expect([...row(course.frames!, 0, 1)]).toEqual([2]);
    expect(sliceBefore(results, 4), "what came before a tick").toMatchObject({ ticks: [0], metrics: { up: { overall: [0], by_region: { CA: [0] } } } });
  });
  it("has no frames where there are no regions", () => {
    const results = { trends: { up: [] }, trends_by_region: {}, trends_by_segment: {} } as unknown as Results;
    expect(courseOf(results).frames).toBeNull();
  });
});

describe("placeOf", () => {
  it("finds the last tick that is not after", () => {
    const ticks = [0, 4, 8];
    expect([-1, 0, 3, 4, 7, 8, 1e9].map((tick) => placeOf(ticks, tick))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });
});

describe("resolutionFor", () => {
  it("keeps a thousand ticks of 51 regions whole, and thins out what is larger", () => {
    expect(resolutionFor(1001, 51, 5)).toBe(1);
    expect(resolutionFor(1001, 3000, 5)).toBe(26);
    expect(resolutionFor(1, 0, 1)).toBe(1);
  });
});

describe("thinned", () => {
  it("has stretches of several runs go on from each other", () => {
    expect(thinned({ run: "a", from: 0, to: 49 }, 4)).toEqual({ run: "a", from: 0, to: 48 });
    expect(thinned({ run: "b", from: 50, to: 99 }, 4)).toEqual({ run: "b", from: 52, to: 96 });
    expect(thinned({ run: "c", from: 50, to: 51 }, 4)).toBeNull();
    expect(thinned({ run: "d", from: 3, to: 3 }, 1)).toEqual({ run: "d", from: 3, to: 3 });
  });
});
