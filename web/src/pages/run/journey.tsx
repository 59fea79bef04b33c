// What became of the copies of a persona: how likely one comes to the goal, when, and how all of them fared on the way.
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Journey, JourneyReport, TraitShare } from "../../api/target";
import type { Model } from "../../api/types";
import { count, fixed, shortId, title } from "../../lib/format";
import { goalInWords, passagesOf, percent } from "../../lib/journey";
import { dark, lineColour } from "../../lib/theme";
import { Card, Figure } from "../../parts/bits";
import { Chart, type Line } from "../../parts/chart";
import { href } from "../../router";

interface Props {
  report: JourneyReport;
  /** As it was asked. */
  asked: Journey | undefined;
  model: Model | null;
  tick: Signal<number>;
  lastTick: number;
}

/** The card. */
export function JourneyCard({ report, asked, model, tick, lastTick }: Props) {
  const { copies, region, segment, reached, probability, interval_95: interval, first_passage: passage } = report;
  const quantiles = Object.entries(passage.quantiles).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Card title="The journey" aside={<span class="muted small">{count(copies)} copies in {region}, {segment?.replace(/_/g, " ") ?? "of several segments"}</span>}>
      {asked && <p class="goal"><span class="muted">Goal:</span> {goalInWords(asked.goal)}<Society asked={asked} /></p>}
      <dl class="figures passage">
        <Figure label="Probability" value={percent(probability)} note={`${percent(interval.low)} to ${percent(interval.high)}`} />
        <Figure label="Came to the goal" value={count(reached)} note={`of ${count(copies)}`} />
        <Figure label="Mean tick" value={passage.mean_tick === null ? "\u2013" : fixed(passage.mean_tick, 1)} note="of those that came" />
        {quantiles.map(([name, at]) => (
          <Figure key={name} label={`${Number(name.slice(1))} % had come`} value={at === null ? "never" : `tick ${at}`} note={name === "p50" ? "of all copies: the median" : undefined} />
        ))}
      </dl>
      <Arrivals report={report} tick={tick} lastTick={lastTick} />
      <Traits report={report} model={model} tick={tick} lastTick={lastTick} />
      <p class="hint">The interval says what chance does among so many copies, and nothing of the model.</p>
    </Card>
  );
}

/** The society that the copies lived in. */
function Society({ asked: { society } }: { asked: Journey }) {
  if (!society) return <span class="muted">; the society stays as the model makes it</span>;
  return (
    <span class="muted">
      ; in the society of <a href={href(`runs/${society.run_id}`)}>{shortId(society.run_id)}</a>, {society.environment === "mean" ? "as it was on average" : "tick by tick as it was"}
    </span>
  );
}

/** When copies came: the share that has, and how many in each tick. */
function Arrivals({ report, tick, lastTick }: Pick<Props, "report" | "tick" | "lastTick">) {
  const passages = useMemo(() => passagesOf(report, lastTick), [report, lastTick]);
  const { ticks, share, low, high, arrivals } = passages;
  const [come, first] = useMemo((): [Line[], Line[]] => [
    [{ label: "Share that has come to the goal", colour: lineColour(2), values: share, low, high }],
    [{ label: "First arrivals", colour: lineColour(0), values: arrivals, bars: true }],
  ], [passages, dark.value]);
  return (
    <div class="metric-charts">
      <Chart label="Share that has come to the goal" ticks={ticks} lines={come} format={percent} lastTick={lastTick} tick={tick} />
      <Chart label="First arrivals" ticks={ticks} lines={first} format={(number) => fixed(number, 0)} lastTick={lastTick} tick={tick} />
    </div>
  );
}

/** The traits of all copies on their way; those that never change are left out. */
function Traits({ report: { trajectory }, model, tick, lastTick }: Pick<Props, "report" | "model" | "tick" | "lastTick">) {
  const ticks = useMemo(() => trajectory.map((point) => point.tick), [trajectory]);
  const charts = useMemo(() => {
    const names = Object.keys(trajectory[0]?.traits ?? {});
    const known = (model?.traits ?? []).map(({ name }) => name);
    names.sort((a, b) => known.indexOf(a) - known.indexOf(b));
    const of = (name: string) => trajectory.map(({ traits }) => traits[name]);
    return names.filter((name) => new Set(of(name).map((share) => JSON.stringify(share))).size > 1).map((name) => ({ name, ...traitLines(of(name)) }));
  }, [trajectory, model, dark.value]);
  if (charts.length === 0) return null;
  return (
    <>
      <h3 class="parting">On their way</h3>
      <div class="metric-charts">
        {charts.map(({ name, lines, share }, i) => (
          <Chart key={name} label={title(name)} ticks={ticks} lines={lines.map((line, at) => ({ ...line, colour: lineColour(lines.length > 1 ? at : i) }))}
            format={share ? percent : (number) => fixed(number, 2)} lastTick={lastTick} tick={tick} />
        ))}
      </div>
    </>
  );
}

/** Of a number its mean with the range of nine in ten, of a flag the share of those that have it, of a choice a line for each label. */
function traitLines(shares: (TraitShare | undefined)[]): { lines: Omit<Line, "colour">[]; share: boolean } {
  const part = (name: string) => shares.map((share) => (typeof share === "object" ? (share[name] ?? null) : null));
  const first = shares.find((share) => share !== undefined);
  if (typeof first !== "object") {
    return { lines: [{ label: "share of the copies", values: shares.map((share) => (typeof share === "number" ? share : null)) }], share: true };
  }
  if ("mean" in first && "p05" in first) return { lines: [{ label: "mean, and nine in ten", values: part("mean"), low: part("p05"), high: part("p95") }], share: false };
  return { lines: Object.keys(first).map((label) => ({ label: title(label), values: part(label) })), share: true };
}
