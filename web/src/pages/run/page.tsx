// A run's page: how it stands and how fast it goes, what came of it, its trends, its map, its events, and how it was asked.
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { can } from "../../api/features";
import { useGet } from "../../api/use";
import { ENDED, type Model, type Results, type Run } from "../../api/types";
import type { Course } from "../../lib/course";
import { count, duration, shortId, title } from "../../lib/format";
import { styleOf } from "../../lib/outcome";
import { Ago, Bar, Card, Figure, StatusMark } from "../../parts/bits";
import { Blank, Loading, Problem } from "../../parts/notes";
import { href } from "../../router";
import { Actions } from "./actions";
import { hasPast, sharesBeginning } from "./again";
import { useCourse } from "./course";
import { ExperimentCards } from "./experiment";
import { JourneyCard } from "./journey";
import { MapCard } from "./map";
import { ConfigurationCard, DistributionCard, EventsCard, SnapshotsCard } from "./side";
import { type RunState, useRun } from "./state";
import { TargetsCard } from "./targets";
import { TrendsCard } from "./trends";
import { VerifyCard } from "./verify";

/** The page of the run with this id. */
export function RunPage({ id }: { id: string }) {
  const state = useRun(id);
  const { run: record, error, reload, results } = state;
  const run = record.value;
  const course = useCourse(run, results.value);
  const [verifying, setVerifying] = useState(0);
  useEffect(() => {
    if (run) document.title = `${run.name} \u2013 civitas`;
  }, [run?.name]);
  const model = useGet<Model>(run ? `/models/${run.config.model}` : null).data;
  if (error.value && !run) return <Problem error={error.value} retry={reload} back={<a class="button" href={href("runs")}>To the runs</a>} />;
  if (!run) return <Loading lines={8} />;
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href={href("runs")}>Runs</a> <span aria-hidden="true">/</span> <span class="mono">{shortId(run.id)}</span>
      </nav>
      <header class="head">
        <h1>{run.name}</h1>
        <StatusMark status={run.status} />
        <Actions run={run} reload={reload} onVerify={() => setVerifying((before) => before + 1)} />
      </header>
      <About run={run} />
      <Standing state={state} run={run} />
      {run.error && <Failure run={run} />}
      {results.value && <Outcome results={results.value} model={model} />}
      <Body state={state} run={run} course={course} model={model} verifying={verifying} />
    </>
  );
}

function Body(props: {
  state: RunState;
  run: Run;
  course: ReadonlySignal<Course | null>;
  model: Model | null;
  verifying: number;
}) {
  const { state, run, course, model } = props;
  const results = state.results.value;
  const [pinned, setPinned] = useState<string[]>([]);
  const pin = (code: string) =>
    setPinned((before) => (before.includes(code) ? before.filter((other) => other !== code) : [...before, code].slice(-6)));
  // Copies of a persona live in one region: there is nothing to compare on a map.
  const copies = run.mode === "target";
  const known = useMemo(() => (course.value && copies ? { ...course.value, frames: null } : course.value), [course.value, copies]);
  const whole = ENDED.includes(run.status);
  // Lines grow into the room that there will be; those of a run that ended early have all that there is.
  const lastTick = (whole && known?.ticks.at(-1)) || run.config.horizon_ticks;
  return (
    <>
      {results?.target && (
        <div class="stack"><JourneyCard report={results.target} asked={run.config.target} model={model} tick={state.tick} lastTick={lastTick} /></div>
      )}
      {known && known.ticks.length > 0 ? (
        <div class={known.frames ? "board" : "board single"}>
          <TrendsCard course={known} model={model} tick={state.tick} pinned={pinned} onPin={pin}
            lastTick={lastTick} events={results?.key_events ?? []} />
          {known.frames && <MapCard course={course} frames={known.frames} model={model} tick={state.tick} ended={whole}
            dataset={run.config.population.dataset} version={run.config.dataset_version} pinned={pinned} onPin={pin} />}
        </div>
      ) : (
        <Card title="Trends" class="alone">
          <Waiting run={run} />
        </Card>
      )}
      {results?.targets && results.targets.length > 0 && <div class="stack"><TargetsCard targets={results.targets} tick={state.tick} lastTick={lastTick} /></div>}
      {results?.experiment && <ExperimentCards experiment={results.experiment} model={model} tick={state.tick} lastTick={lastTick} />}
      <div class={results ? "deck" : "deck even"}>
        <VerifyCard id={run.id} asked={props.verifying} />
        {results && <EventsCard events={results.key_events} tick={state.tick} />}
        {results && <DistributionCard distribution={results.distribution} agents={results.agents} />}
        <SnapshotsCard run={run} />
        <ConfigurationCard run={run} model={model} />
      </div>
    </>
  );
}

/** What stands in the place of lines that are not there yet. */
function Waiting({ run }: { run: Run }) {
  if (run.status === "queued") return <Blank title="Not started yet."><p class="muted">Start it, and its trends grow here.</p></Blank>;
  if (ENDED.includes(run.status)) {
    return <Blank title="No results."><p class="muted">The run ended before its first tick.</p></Blank>;
  }
  const recorded = can("/telemetry/{id}/slice") && run.outputs.telemetry_ref !== null;
  const soon = recorded ? "Its first ticks are on their way." : "Its trends and its map are here as soon as it has ended or is paused.";
  return <Blank title="Under way."><p class="muted">{soon}</p></Blank>;
}

/** What the run is, in one line. */
function About({ run }: { run: Run }) {
  const { config, timing, forked_from } = run;
  // One of a batch can have the beginning of another of them; whether it is that one's fork, that one knows.
  const asked = forked_from && hasPast(run) && run.batch_id !== null;
  const parent = useGet<Run>(asked ? `/runs/${forked_from.run_id}` : null).data;
  const forked = hasPast(run) && !(parent && sharesBeginning(run, parent));
  return (
    <p class="about muted">
      {run.mode !== "society" && <span>{run.mode}</span>}
      <span>{config.model}</span>
      <span>{count(config.population.agents)} agents of {config.population.dataset}</span>
      <span>seed {String(config.seed)}</span>
      <span>created <Ago time={timing.queued_at} /></span>
      {forked_from && (
        <span>
          {forked ? "forked from" : "goes on from"} <a href={href(`runs/${forked_from.run_id}`)}>{shortId(forked_from.run_id)}</a> at tick {forked_from.tick}
        </span>
      )}
      {run.outputs.node_id && <span>node <a href={href(`nodes/${run.outputs.node_id}`)}>{shortId(run.outputs.node_id)}</a></span>}
    </p>
  );
}

/** How far the run is, how fast it goes and how long it still takes. */
function Standing({ state, run }: { state: RunState; run: Run }) {
  const { progress, speed, streaming } = state;
  const now = progress.value;
  if (!now) return null;
  const left = (now.total_ticks - now.tick) / Math.max(now.total_ticks, 1);
  const all = (now.agents_processed / Math.max(now.tick, 1)) * now.total_ticks;
  const pace = speed.value;
  const { started_at, duration_seconds } = run.timing;
  const average = duration_seconds ? now.agents_processed / duration_seconds : null;
  return (
    <div class="standing">
      {run.status !== "succeeded" && <Bar percent={now.percent} label="Ticks completed" status={run.status} />}
      <p class="muted small" data-testid="standing">
        <span>tick <b>{now.tick}</b> of {now.total_ticks}</span>
        <span><b>{count(now.agents_processed)}</b> agent-steps</span>
        {run.status === "running" && <span><b>{pace === null ? "\u2013" : count(pace)}</b> per second</span>}
        {run.status === "running" && pace !== null && pace > 0 && <span>{duration((all * left) / pace)} left</span>}
        {run.status !== "running" && average !== null && <span><b>{count(average)}</b> per second</span>}
        {duration_seconds !== null && <span>took {duration(duration_seconds)}</span>}
        {started_at && run.status === "running" && <span class={streaming.value ? "live" : "lost"}>{streaming.value ? "live" : "reconnecting"}</span>}
      </p>
    </div>
  );
}

function Failure({ run }: { run: Run }) {
  const { error } = run;
  if (!error) return null;
  return (
    <div class="fault" role="alert">
      <strong class="mono">{error.code}</strong>
      <span>{error.message}</span>
      {error.tick !== null && error.tick !== undefined && <span class="muted">tick {error.tick}</span>}
      {error.region && <span class="muted">region {error.region}</span>}
    </div>
  );
}

/** What came of the run in a few figures. */
function Outcome({ results, model }: { results: Results; model: Model | null }) {
  const { outcome_summary, confidence, ticks_completed, horizon_ticks } = results;
  const lines = Object.entries(outcome_summary).filter(([name]) => name !== "confidence_level");
  const level = outcome_summary.confidence_level;
  return (
    <dl class="figures">
      {lines.map(([name, number]) => {
        const style = styleOf(name, model);
        const margin = name === confidence.metric && typeof confidence.margin_95 === "number" ? `\u00b1 ${style.margin(confidence.margin_95)}` : null;
        return <Figure key={name} label={style.label} value={typeof number === "number" ? style.text(number) : number} note={margin} />;
      })}
      {level && <Figure label="Confidence" value={title(String(level))} note="within this seed" />}
      {ticks_completed < horizon_ticks && <Figure label="Partial" value={`${ticks_completed} ticks`} note={`of ${horizon_ticks}`} />}
    </dl>
  );
}
