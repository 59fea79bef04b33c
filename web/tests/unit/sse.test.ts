// The reader of streams: however a stream is cut, its events come out whole.
import { describe, expect, it, vi } from "vitest";
vi.stubGlobal("sessionStorage", { getItem: () => null });
vi.stubGlobal("localStorage", { getItem: () => null });
const { EventParser, pauseMs } = await import("../../src/api/sse");

const STREAM =
  'retry: 2000\n\nid: 25\nevent: progress\ndata: {"tick":25}\n\n: keep-alive\n\nid: 100\r\nevent: completed\r\ndata: {"status":\r\ndata: "succeeded"}\r\n\r\n';

describe("EventParser", () => {
  it("gives the same events wherever the stream is cut", () => {
    const whole = new EventParser().push(STREAM);
    expect(whole).toEqual([
      { event: "progress", data: '{"tick":25}', id: "25" },
      { event: "completed", data: '{"status":\n"succeeded"}', id: "100" },
    ]);
    for (let size = 1; size < 12; size += 1) {
      const parser = new EventParser();
      const events = [];
      for (let at = 0; at < STREAM.length; at += size) events.push(...parser.push(STREAM.slice(at, at + size)));
      expect(events, `in pieces of ${size}`).toEqual(whole);
      expect([parser.lastId, parser.retryMs]).toEqual(["100", 2000]);
    }
  });

  it("keeps an unfinished event back", () => {
    const parser = new EventParser();
    expect(parser.push("data: half")).toEqual([]);
    expect(parser.push("\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "message", data: "half", id: null }]);
  });

  it("passes over comments, unknown fields and events without data", () => {
    expect(new EventParser().push(": hello\nevent: empty\n\nwhatever: 1\ndata\n\n")).toEqual([
      { event: "message", data: "", id: null },
    ]);
  });

  it("keeps the last id where an event has none", () => {
    const parser = new EventParser();
    parser.push("id: 7\ndata: a\n\n");
    expect(parser.push("event: shutdown\ndata: b\n\n")[0]?.id).toBe("7");
  });
});

describe("pauseMs", () => {
  it("doubles, and ends at half a minute", () => {
    expect([1, 2, 3, 4].map((attempt) => pauseMs(attempt, 2000))).toEqual([2000, 4000, 8000, 16000]);
    expect(pauseMs(50, 2000)).toBe(30_000);
  });
});
