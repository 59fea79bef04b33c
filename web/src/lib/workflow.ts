// The steps of an experiment in words, and which answers of a survey can be set beside those of an earlier one. Pure.
import type { MetricReport, Question, StepReport } from "../api/experiment";
import type { Model } from "../api/types";
import { count, fixed, signed } from "./format";

/** What a step was, and what it did; the answers of surveys and interviews stand beside it. */
export interface StepWords {
  kind: string;
  text: string;
}

const agents = (number: number | undefined) => (number === 1 ? "1 agent" : `${count(number ?? 0)} agents`);
const name = (key: string | undefined) => (key ?? "").replace(/_/g, " ");

/** A step in words. */
export function wordsOf(step: StepReport): StepWords {
  const { type, agents: asked, changed, key, before, value } = step;
  const effect = changed === undefined ? "" : `; ${changed === asked ? "all of them change" : `${count(changed)} of them change`}`;
  switch (type) {
    case "run":
    case "step":
      return { kind: "Time passes", text: `${count(step.ticks ?? 0)} ${step.ticks === 1 ? "tick" : "ticks"} of ${span(step.ticks_per_step ?? 0)}` };
    case "environment": {
      const from = before === undefined || before === null ? "" : ` from ${few(before)}`;
      const where = step.regions ? ` in ${step.regions === 1 ? "1 region" : `${step.regions} regions`}` : "";
      return { kind: "Environment", text: `${name(key)}${from} to ${plain(value)}${where}` };
    }
    case "message":
      return { kind: "Message", text: `${agents(asked)} hear it, at a stance of ${signed(step.stance ?? 0, 1)} and a strength of ${few(step.strength ?? 1)}${effect}` };
    case "update_state":
      return { kind: "State", text: `${name(key)} of ${agents(asked)} is set to ${plain(value)}${effect}` };
    case "survey":
      return { kind: "Survey", text: `${agents(asked)} answer` };
    case "interview":
      return { kind: "Interview", text: `${agents(step.interviews?.length)} ${step.interviews?.length === 1 ? "answers" : "answer"}` };
    case "next_round":
      return { kind: "New round", text: `${agents(asked)} are as they were born, but for what they remember${effect}` };
    case "metric":
      return { kind: "Metric", text: `${step.name ?? name(key)} is followed from here on` };
    default:
      return { kind: name(type), text: "" };
  }
}

function plain(value: StepReport["value"]): string {
  return typeof value === "number" ? few(value) : typeof value === "boolean" ? (value ? "yes" : "no") : String(value ?? "");
}

/** A number that was given, with no more digits than it has. */
function few(value: number): string {
  return fixed(value, 3).replace(/\.?0+$/, "");
}

/** Seconds of the simulated clock. */
export function span(seconds: number): string {
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** The same question of the latest survey before this step: of the same trait, with the same answers. */
export function earlier(steps: readonly StepReport[], step: StepReport, question: Question): { step: StepReport; question: Question } | null {
  const answers = ({ counts }: Question) => counts.map(({ answer }) => answer).join("|");
  for (const before of steps.filter((other) => other.step < step.step).reverse()) {
    const same = before.questions?.find((other) => other.key === question.key && other.type === question.type && answers(other) === answers(question));
    if (same) return { step: before, question: same };
  }
  return null;
}

/** How the values of a metric are shown: a mean of yes and no is a share of agents. */
export function formatOf({ key, method }: MetricReport, model: Model | null): (value: number) => string {
  const yes = model?.traits?.find((trait) => trait.name === key)?.type === "boolean";
  if (yes && method === "mean") return (value) => `${fixed(value * 100, 1)} %`;
  return yes && method === "sum" ? (value) => count(value) : (value) => (Math.abs(value) >= 1000 ? count(value) : fixed(value, 3));
}
