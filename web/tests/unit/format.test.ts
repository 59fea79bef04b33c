// Numbers and times as people read them.
import { describe, expect, it } from "vitest";
import * as format from "../../src/lib/format";

const share = format.scaleOf("share of agents");
const opinion = format.scaleOf("opinion, -1 to 1");
const plain = format.scaleOf("1");

describe("format", () => {
  it("shows values with their unit", () => {
    expect(format.value(0.9963, share)).toBe("99.6 %");
    expect(format.value(-0.026, opinion)).toBe("\u22120.026");
    expect(format.value(0.25, plain)).toBe("0.250");
    expect(format.value(NaN, share)).toBe("\u2013");
  });
  it("shows differences of shares in points", () => {
    expect(format.difference(-0.0639, share)).toBe("\u22126.4 pts");
    expect(format.difference(0.1, opinion)).toBe("+0.100");
  });
  it("never shows a negative zero", () => {
    expect(format.fixed(-0.0001, 2)).toBe("0.00");
    expect(format.signed(0.0001, 2)).toBe("0.00");
  });
  it("counts", () => {
    expect([0, 999, 10_000, 99_999].map(format.count)).toEqual(["0", "999", "10\u202f000", "99\u202f999"]);
    expect([100_000, 1_640_000_000, 2_000_000].map(format.count)).toEqual(["100 k", "1.64 G", "2 M"]);
  });
  it("says how long things take", () => {
    expect([0.0344, 0.866, 4.25, 59, 125, 7_300, 200_000].map(format.duration)).toEqual(
      ["34 ms", "866 ms", "4.3 s", "59 s", "2 min 5 s", "2 h 1 min", "2 d 7 h"]);
    expect(format.duration(null)).toBe("\u2013");
  });
  it("says how long ago things were", () => {
    const now = Date.parse("2026-01-09T12:00:00Z");
    expect(format.ago("2026-01-09T11:59:58Z", now)).toBe("just now");
    expect(format.ago("2026-01-09T11:48:00Z", now)).toBe("12 min ago");
    expect(format.ago("2026-01-01T11:48:00Z", now)).toBe("2026-01-01");
    expect(format.ago("2027-01-01T11:48:00Z", now), "a clock that is ahead").toBe("just now");
  });
  it("counts bytes in binary units", () => {
    expect([12, 69_389, 10_087_301].map(format.bytes)).toEqual(["12 B", "67.8 KiB", "9.62 MiB"]);
  });
});
