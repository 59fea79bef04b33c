// Seeds stay whole on their way through the page: read, shown, counted, compared and sent.
import { describe, expect, it } from "vitest";
import { LARGEST_SEED, parse, seedAfter, seedOf, write, wrongSeed } from "../../src/api/json";
import { shift } from "../../src/lib/stats";

const LARGE = "18446744073709551615";

describe("documents", () => {
  it("keep a seed that no number holds, and nothing else changes", () => {
    const text = `{"name":"A \\"seed\\":12345678901234567890","config":{"seed": ${LARGE},"rate":0.38902067601930146},"runs":[{"seed":7},{"seed":9007199254740993}]}`;
    const read = parse<{ name: string; config: { seed: bigint; rate: number }; runs: { seed: number | bigint }[] }>(text);
    expect(read.config.seed).toBe(LARGEST_SEED);
    expect(read.name).toBe('A "seed":12345678901234567890');
    expect(read.runs.map(({ seed }) => seed)).toEqual([7, 9007199254740993n]);
    expect(write(read)).toBe(text.replace(": 184", ":184"));
    expect(parse('{"seed":9007199254740991}')).toEqual({ seed: 9007199254740991 });
  });
  it("are written as they are elsewhere", () => {
    const value = { a: [1, "two", null, undefined], b: { c: -0.5 } };
    expect(write(value, 2)).toBe(JSON.stringify(value, null, 2));
    expect(write(2n ** 60n)).toBe("1152921504606846976");
  });
});

describe("seeds", () => {
  it("are read from a field", () => {
    expect([seedOf(" 42 "), seedOf(LARGE), seedOf("-1"), seedOf("1.5"), seedOf("1e3")]).toEqual([42, LARGEST_SEED, null, null, null]);
    expect([wrongSeed(""), wrongSeed(LARGE)]).toEqual([null, null]);
    expect(wrongSeed("18446744073709551616")).toMatch(/at most 18446744073709551615/);
    expect(wrongSeed("x")).toMatch(/whole number/);
  });
  it("are counted up across what a number holds", () => {
    expect(seedAfter(9007199254740991, 1)).toBe(9007199254740992n);
    expect(seedAfter(LARGEST_SEED, 1)).toBeNull();
  });
  it("are told apart by their last digit", () => {
    const [a, b] = [9007199254740992n, 9007199254740993n];
    const moved = shift([{ seed: a, value: 1 }, { seed: b, value: 2 }], [{ seed: b, value: 5 }, { seed: a, value: 4 }]);
    expect([moved.paired, moved.mean, moved.margin]).toEqual([true, 3, 0]);
  });
});
