// An experiment's steps in words, what a survey is set beside, and the numbers of charts.
import { describe, expect, it } from "vitest";
import type { MetricReport, Question, StepReport } from "../../src/api/experiment";
import type { Model } from "../../src/api/types";
import { plainer } from "../../src/lib/format";
import { earlier, formatOf, span, wordsOf } from "../../src/lib/workflow";
import { stepFor, trendsOf } from "../../src/lib/course";

const step = (more: Partial<StepReport>): StepReport => ({ step: 0, tick: 0, day: 0, time: "08:00:00", type: "run", ...more });
const question = (more: Partial<Question>): Question => ({
  name: "stance", title: "Stance?", key: "stance", type: "choice", answers: 10, counts: [{ answer: "for", agents: 4, share: 0.4 }, { answer: "against", agents: 6, share: 0.6 }],
  mean: null, std: null, min: null, max: null, ...more,
});

describe("a step", () => {
  it("is told in words", () => {
    const said = (more: Partial<StepReport>) => wordsOf(step(more)).text;
    expect(said({ ticks: 16, ticks_per_step: 7200 })).toBe("16 ticks of 2 h");
    expect(said({ type: "environment", key: "media_sentiment", before: 0.5, value: 0.8, regions: 3 })).toBe("media sentiment from 0.5 to 0.8 in 3 regions");
    expect(said({ type: "message", agents: 212, changed: 212, stance: -0.8, strength: 0.6 })).toBe("212 agents hear it, at a stance of \u22120.8 and a strength of 0.6; all of them change");
    expect(said({ type: "update_state", key: "adopted", value: true, agents: 463, changed: 445 })).toBe("adopted of 463 agents is set to yes; 445 of them change");
    expect(said({ type: "survey", agents: 2000 })).toBe("2\u202f000 agents answer");
    expect(wordsOf(step({ type: "dance" })), "a step of a later version").toEqual({ kind: "dance", text: "" });
    expect([span(300), span(45), span(14_400)]).toEqual(["5 min", "45 s", "4 h"]);
  });
});

describe("a survey", () => {
  it("is set beside the latest one that asked the same", () => {
    const first = step({ step: 0, questions: [question({})] });
    const other = step({ step: 2, questions: [question({ key: "opinion" })] });
    const second = step({ step: 5, day: 3, questions: [question({})] });
    const last = step({ step: 7, questions: [question({}), question({ counts: [{ answer: "for", agents: 10, share: 1 }] })] });
    const steps = [first, other, second, last];
    expect(earlier(steps, last, last.questions![0]!)?.step).toBe(second);
    expect(earlier(steps, last, last.questions![1]!), "other answers cannot be compared").toBeNull();
    expect(earlier(steps, first, first.questions![0]!)).toBeNull();
  });
});

describe("numbers", () => {
  it("of metrics are shares where yes and no are counted", () => {
    const model = { traits: [{ name: "adopted", type: "boolean" }, { name: "opinion", type: "number" }] } as unknown as Model;
    const metric = (key: string, method: string) => formatOf({ key, method } as MetricReport, model);
    expect([metric("adopted", "mean")(0.123), metric("adopted", "sum")(1234), metric("opinion", "mean")(-0.5)]).toEqual(["12.3 %", "1\u202f234", "\u22120.500"]);
  });
  it("of an axis have the decimals that they need", () => {
    expect(plainer(["0.0 %", "20.0 %", "100.0 %"])).toEqual(["0 %", "20 %", "100 %"]);
    expect(plainer(["+0.100", "+0.150", "\u22120.200"])).toEqual(["+0.10", "+0.15", "\u22120.20"]);
    expect(plainer(["0.5 %", "1.0 %"])).toEqual(["0.5 %", "1.0 %"]);
    expect(plainer(["10", "20"])).toEqual(["10", "20"]);
  });
});

describe("curves", () => {
  it("have at most some hundred points, and begin with the run", () => {
    expect([stepFor(1000), stepFor(250), stepFor(1)]).toEqual([4, 1, 1]);
    const metrics = { rate: { overall: [0.1, 0.2], by_region: {}, by_segment: {} } };
    const rate = [{ tick: 0, value: 0.1 }, { tick: 4, value: 0.2 }];
    expect(trendsOf([{ ticks: [0, 4], metrics }])).toEqual({ rate });
    const fork = { ticks: [8, 12], metrics };
    expect(trendsOf([{ ticks: [0, 4], metrics }, fork])?.rate?.map(({ tick }) => tick), "the run that it was forked from comes first").toEqual([0, 4, 8, 12]);
    expect(trendsOf([fork]), "a fork's telemetry alone begins later").toBeNull();
  });
});
