// Two to four answers side by side: what they were asked differently, what came of each and how far they are apart, and
// their trends in common charts, with bands where there are several seeds.
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, get } from "../../api/client";
import { useGet } from "../../api/use";
import { ENDED, type Model, type Results, type Run } from "../../api/types";
import { scaleOf, shortId, title, value } from "../../lib/format";
import { GOAL, inOrder, styleOf } from "../../lib/outcome";
import { comeOf } from "../../lib/journey";
import { band, shift } from "../../lib/stats";
import { dark, lineColour } from "../../lib/theme";
import { Card, StatusMark } from "../../parts/bits";
import { Chart, type Line } from "../../parts/chart";
import { Blank, Loading, Problem } from "../../parts/notes";
import { href, route } from "../../router";
import { type Curves, useCurves } from "./curves";
import { differences, type Ended, type Group, groupsOf, linesOf, outcomeOf, valuesOf } from "./groups";

const MOST_RUNS = 200;
const MOST_GROUPS = 4;
const POLL_MS = 1_500;

interface NodeRuns {
  name: string;
  runs: { id: string }[];
}

/** The page. */
export function ComparePage() {
  const { query } = route.value;
  const nodes = query.get("nodes")?.split(",").filter(Boolean) ?? [];
  const direct = query.get("runs")?.split(",").filter(Boolean) ?? [];
  const [ofNodes, setOfNodes] = useState<{ ids: string[]; names: string[][] } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (nodes.length === 0) return;
    Promise.all(nodes.map((id) => get<NodeRuns>(`/nodes/${encodeURIComponent(id)}`))).then(
      (found) => setOfNodes({ ids: found.flatMap(({ runs }) => runs.map(({ id }) => id)), names: found.map(({ name, runs }) => [name, ...runs.map(({ id }) => id)]) }),
      setError,
    );
  }, [nodes.join()]);
  const ids = (ofNodes?.ids ?? direct).slice(0, MOST_RUNS);
  if (error) return <Problem error={error} />;
  if (nodes.length === 0 && direct.length === 0) {
    return <Blank title="Nothing to compare."><p class="muted">Tick off two to four runs in the list of runs.</p><a class="button" href={href("runs")}>To the runs</a></Blank>;
  }
  return nodes.length > 0 && !ofNodes ? <Loading lines={8} /> : <Comparison ids={ids} names={ofNodes?.names ?? null} />;
}

/** Asks for the runs and their results until all have ended. */
function useEnded(ids: string[]): { entries: Ended[] | null; error: unknown; reload: () => void } {
  const [entries, setEntries] = useState<Ended[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const known = new Map<string, Ended>();
    const once = async () => {
      try {
        const found = await Promise.all(ids.map(async (id) => known.get(id) ?? read(id, stop.signal)));
        for (const entry of found) if (ENDED.includes(entry.run.status)) known.set(entry.run.id, entry);
        setEntries(found);
        setError(null);
        if (known.size < ids.length) timer = setTimeout(() => void once(), POLL_MS);
      } catch (failed) {
        if (stop.signal.aborted) return;
        setError(failed);
        if (!(failed instanceof ApiError)) timer = setTimeout(() => void once(), POLL_MS);
      }
    };
    void once();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ids.join(), round]);
  return { entries, error, reload: () => setRound((before) => before + 1) };
}

async function read(id: string, stopped: AbortSignal): Promise<Ended> {
  const run = await get<Run>(`/runs/${encodeURIComponent(id)}`, stopped);
  const has = ENDED.includes(run.status) || run.status === "paused";
  const results = has ? await get<Results>(`/runs/${id}/results`, stopped).catch(() => null) : null;
  return { run, results };
}

function Comparison({ ids, names }: { ids: string[]; names: string[][] | null }) {
  const { entries, error, reload } = useEnded(ids);
  const groups = useMemo(() => (entries ? (names ? byNode(entries, names) : groupsOf(entries)) : []), [entries, names]);
  const models = useGet<Model[]>("/models").data;
  const curves = useCurves(entries);
  const model = useMemo(() => wordsOf(models ?? [], entries ?? []), [models, entries]);
  if (error && !entries) return <Problem error={error} retry={reload} />;
  if (!entries) return <Loading lines={8} />;
  const shown = groups.slice(0, MOST_GROUPS);
  const open = entries.filter(({ run }) => !ENDED.includes(run.status)).length;
  return (
    <>
      <header class="head">
        <h1>Comparison</h1>
        <span class="muted">
          {entries.length} runs{shown.length < entries.length && `, ${shown.length} ${shown.length === 1 ? "question" : "questions"}`}
        </span>
      </header>
      {open > 0 && <p class="hint" role="status">{open === 1 ? "One run has" : `${open} runs have`} not ended yet; what there is is shown.</p>}
      {groups.length > MOST_GROUPS && <p class="hint">Only the first four of {groups.length} questions are shown.</p>}
      <Outcomes groups={shown} model={model} />
      <Trends groups={shown} model={model} curves={curves} />
      <Asked groups={shown} />
    </>
  );
}

/** The words of the models of these runs together, the first run's first. */
function wordsOf(models: Model[], entries: Ended[]): Model | null {
  const named = [...new Set(entries.map(({ run }) => run.config.model))].flatMap((name) => models.find((model) => model.name === name) ?? []);
  const [first] = named;
  return first ? { ...first, metrics: named.flatMap(({ metrics }) => metrics) } : null;
}

function byNode(entries: Ended[], names: string[][]): Group[] {
  const found = new Map(entries.map((entry) => [entry.run.id, entry]));
  return names.map(([name = "", ...ids]) => ({ name, runs: ids.flatMap((id) => found.get(id) ?? []) }));
}

/** What came of each, and how far it is from the first. */
function Outcomes({ groups, model }: { groups: Group[]; model: Model | null }) {
  const lines = [...new Set(groups.flatMap(({ runs }) => linesOf(runs.find(({ results }) => results)?.results)))];
  const base = groups[0];
  return (
    <Card title="Outcomes" aside={<span class="muted small">differences from the first, 95 % intervals</span>}>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of outcomes">
        <table class="outcomes">
          <thead>
            <tr>
              <th>Run</th>
              {lines.map((line) => <th key={line} class="number">{title(line)}</th>)}
              <th class="number">Seeds</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group, i) => (
              <tr key={i}>
                <th scope="row" class="tagged">
                  <i class="swatch" style={{ backgroundColor: lineColour(i) }} />
                  <span>
                    {group.runs.length === 1 ? <a href={href(`runs/${group.runs[0]?.run.id}`)}>{group.name}</a> : group.name}{" "}
                    {group.runs.length === 1 && <span class="muted small mono">{shortId(group.runs[0]?.run.id ?? "")}</span>}
                  </span>
                  {group.runs.length === 1 && group.runs[0] && group.runs[0].run.status !== "succeeded" && <StatusMark status={group.runs[0].run.status} />}
                </th>
                {lines.map((line) => <OutcomeCell key={line} group={group} base={i > 0 ? base : undefined} line={line} model={model} />)}
                <td class="number">{group.runs.filter(({ results }) => results).length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function OutcomeCell({ group, base, line, model }: { group: Group; base: Group | undefined; line: string; model: Model | null }) {
  const style = styleOf(line, model);
  const { n, mean, margin, within } = outcomeOf(group, line);
  if (n === 0) return <td class="number muted">{"\u2013"}</td>;
  const half = (size: number) => (Number.isFinite(size) ? ` \u00b1 ${style.margin(size)}` : "");
  const apart = base && shift(valuesOf(base, line), valuesOf(group, line));
  return (
    <td class="number" title={within ? "the margin is within the seed" : undefined}>
      <span class="value">{style.text(mean)}<span class="muted small">{half(margin)}</span></span>
      {apart && Number.isFinite(apart.mean) && (
        <span class={`delta small ${apart.mean > 0 ? "up" : apart.mean < 0 ? "down" : ""}`}
          title={apart.paired ? "paired by seed" : "means of different seeds"}>
          {style.apart(apart.mean)}{half(apart.margin)}
        </span>
      )}
    </td>
  );
}

const looked = signal(Number.MAX_SAFE_INTEGER);

/** The trends of all in common charts. */
function Trends({ groups, model, curves }: { groups: Group[]; model: Model | null; curves: Curves }) {
  const named = groups.flatMap(({ runs }) => Object.keys(runs.find(({ results }) => results)?.results?.trends ?? {}));
  const journeys = groups.some(({ runs }) => runs.some(({ results }) => results?.target));
  const metrics = [...(journeys ? [GOAL] : []), ...inOrder([...new Set(named)], model)];
  const last = Math.max(1, ...groups.map(({ runs }) => runs[0]?.run.config.horizon_ticks ?? 1));
  const charts = useMemo(() => metrics.map((metric) => ({ metric, ...drawn(groups, metric, curves) })), [groups, metrics.join(), curves, dark.value]);
  if (metrics.length === 0) return null;
  return (
    <Card title="Trends" aside={groups.some(({ runs }) => runs.length > 1) && <span class="muted small">mean over seeds with its 95 % band</span>}>
      {charts.map(({ metric, ticks, lines }) => {
        const scale = scaleOf(metric === GOAL ? "share" : model?.metrics.find(({ name }) => name === metric)?.unit);
        return (
          <Chart key={metric} label={title(metric)} ticks={ticks} lines={lines} format={(number) => value(number, scale)} lastTick={last} tick={looked} />
        );
      })}
    </Card>
  );
}

/** One line per group at the ticks that any of them has. */
function drawn(groups: Group[], metric: string, curves: Curves): { ticks: number[]; lines: Line[] } {
  const linesOfRuns = ({ runs }: Group) =>
    runs.flatMap(({ run, results }) => {
      const line = metric === GOAL ? results?.target && comeOf(results.target, results.ticks_completed) : (curves?.get(run.id) ?? results?.trends)?.[metric];
      return line ? [line] : [];
    });
  const bands = groups.map((group) => band(linesOfRuns(group)));
  const ticks = [...new Set(bands.flatMap((each) => each.ticks))].sort((a, b) => a - b);
  const lines = bands.map((each, i) => {
    const at = new Map(each.ticks.map((tick, place) => [tick, place]));
    const spread = (values: number[]) => ticks.map((tick) => values[at.get(tick) ?? -1] ?? null);
    const several = (groups[i]?.runs.length ?? 0) > 1;
    const borders = several ? { low: spread(each.low), high: spread(each.high) } : {};
    return { label: groups[i]?.name ?? "", colour: lineColour(i), values: spread(each.mean), ...borders };
  });
  // A metric of one model is none of another's.
  return { ticks, lines: lines.filter((_, i) => (bands[i]?.ticks.length ?? 0) > 0) };
}

/** In what they were asked differently. */
function Asked({ groups }: { groups: Group[] }) {
  const rows = differences(groups);
  if (groups.length < 2) return null;
  return (
    <Card title="Asked differently">
      {rows.length === 0 ? <p class="muted">In nothing.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of differences">
          <table class="outcomes">
            <thead>
              <tr><th>Field</th>{groups.map(({ name }, i) => <th key={i} class="tagged"><i class="swatch" style={{ backgroundColor: lineColour(i) }} />{name}</th>)}</tr>
            </thead>
            <tbody>
              {rows.map(({ name, texts }) => <tr key={name}><th scope="row" class="mono path">{name}</th>{texts.map((text, i) => <td key={i}>{text}</td>)}</tr>)}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
