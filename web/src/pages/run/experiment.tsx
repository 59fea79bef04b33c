// What an experiment did and found: its metrics as charts, and its workflow step by step, with the answers of its surveys and
// interviews where they were given.
import type { Signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { Experiment, Interview, MetricReport, Question, StepReport } from "../../api/experiment";
import type { Model } from "../../api/types";
import { count, fixed, short, signed, title } from "../../lib/format";
import { dark, lineColour } from "../../lib/theme";
import { earlier, formatOf, wordsOf } from "../../lib/workflow";
import { Card } from "../../parts/bits";
import { Chart } from "../../parts/chart";

interface Props {
  experiment: Experiment;
  model: Model | null;
  tick: Signal<number>;
  lastTick: number;
}

/** The cards of an experiment. */
export function ExperimentCards({ experiment, model, tick, lastTick }: Props) {
  const marks = useMemo(() => experiment.steps.filter(({ type }) => ACTS.has(type)).map((step) => step.tick), [experiment]);
  return (
    <div class="stack">
      {experiment.metrics.length > 0 && (
        <Card title="Metrics" aside={<span class="muted small">marks: what was done to the society</span>}>
          <div class="metric-charts">
            {experiment.metrics.map((metric, i) => <MetricChart key={metric.name} metric={metric} place={i} model={model} tick={tick} lastTick={lastTick} marks={marks} />)}
          </div>
        </Card>
      )}
      <Card title="Workflow" aside={<span class="muted small">{experiment.steps.length} {experiment.steps.length === 1 ? "step" : "steps"} done</span>}>
        <ol class="workflow">
          {experiment.steps.map((step, i) => (
            <Step key={step.step} step={step} steps={experiment.steps} tick={tick} later={step.tick !== experiment.steps[i - 1]?.tick} />
          ))}
        </ol>
      </Card>
    </div>
  );
}

/** Steps that change something. */
const ACTS = new Set(["environment", "message", "update_state", "next_round"]);

function MetricChart(props: { metric: MetricReport; place: number; model: Model | null; tick: Signal<number>; lastTick: number; marks: number[] }) {
  const { metric, place, model, tick, lastTick, marks } = props;
  const ticks = useMemo(() => metric.points.map((point) => point.tick), [metric]);
  const lines = useMemo(
    () => [{ label: metric.name, colour: lineColour(place), values: metric.points.map(({ value }) => value) }],
    [metric, place, dark.value],
  );
  return <Chart label={metric.name} ticks={ticks} lines={lines} format={formatOf(metric, model)} lastTick={lastTick} marks={marks} tick={tick} />;
}

interface StepProps {
  step: StepReport;
  steps: readonly StepReport[];
  tick: Signal<number>;
  /** Whether time has passed since the step before. */
  later: boolean;
}

function Step({ step, steps, tick, later }: StepProps) {
  const { kind, text } = wordsOf(step);
  return (
    <li class={ACTS.has(step.type) ? "act" : step.questions || step.interviews ? "asked" : ""}>
      <div class="moment">
        {later && (
          <>
            <span>day {step.day}, {step.time.slice(0, 5)}</span>
            <button type="button" class="link small" onClick={() => (tick.value = step.tick)} title="Show this tick in the charts and on the map">tick {step.tick}</button>
          </>
        )}
      </div>
      <div class="deed">
        <p><b>{step.title ?? kind}</b> <span class="muted">{text}</span></p>
        {(step.intervene_message ?? step.interview_message) && <blockquote>{step.intervene_message ?? step.interview_message}</blockquote>}
        {step.questions && (
          <div class="questions">
            {step.questions.map((question) => <Answers key={question.name} question={question} before={earlier(steps, step, question)} />)}
          </div>
        )}
        {step.interviews && <Interviews interviews={step.interviews} />}
      </div>
    </li>
  );
}

/** A question with its answers, and how far they are from those of an earlier survey. */
function Answers({ question, before }: { question: Question; before: ReturnType<typeof earlier> }) {
  const { counts, mean, std, min, max, answers } = question;
  const since = before && <p class="muted small">Changes since day {before.step.day}, when {count(before.question.answers)} answered.</p>;
  return (
    <section class="question" aria-label={question.title}>
      <h3>{question.title}</h3>
      {answers === 0 ? <p class="muted">Nobody was asked.</p> : counts.length > 0 ? (
        <dl class="bars">
          {counts.map(({ answer, agents, share }, i) => {
            const old = before?.question.counts[i]?.share;
            return (
              <div key={answer}>
                <dt>{title(answer)}</dt>
                <dd>
                  {old !== undefined && <span class="muted small number">{signed((share - old) * 100, 1)} pts</span>}
                  <span class="number">{fixed(share * 100, 1)} %</span>
                  <span class="muted small number">{count(agents)}</span>
                </dd>
                <dd class="track"><div style={{ width: `${share * 100}%` }} /></dd>
              </div>
            );
          })}
        </dl>
      ) : null}
      {mean !== null && (
        <p class="muted small">
          Mean <b class="number">{short(mean)}</b>
          {before?.question.mean !== undefined && before?.question.mean !== null && <span class="number"> ({signed(mean - before.question.mean, 2)})</span>}
          {std !== null && <>, deviation <span class="number">{short(std)}</span></>}
          {min !== null && max !== null && <>, from <span class="number">{short(min)}</span> to <span class="number">{short(max)}</span></>}
        </p>
      )}
      {since}
    </section>
  );
}

const FIRST = 6;

/** What agents said; the first few, unless all are wanted. */
function Interviews({ interviews }: { interviews: Interview[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? interviews : interviews.slice(0, FIRST);
  return (
    <>
      <ul class="interviews">
        {shown.map(({ agent, agent_class, region, segment, reasons }) => (
          <li key={agent}>
            <p><b>Agent {agent}</b> <span class="muted small">{[agent_class, region, segment.replace(/_/g, " ")].filter(Boolean).join(", ")}</span></p>
            <p class="said">{reasons}</p>
          </li>
        ))}
      </ul>
      {interviews.length > FIRST && (
        <button type="button" class="button small" onClick={() => setAll(!all)}>{all ? "Show fewer" : `Show all ${count(interviews.length)}`}</button>
      )}
    </>
  );
}
