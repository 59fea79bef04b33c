// Lines over ticks, drawn by uPlot. Owns the plot's life: it is made anew when its lines change, and given values where only
// those do, so that lines can grow while a run goes on. The tick that the page looks at is a mark above the plot, which
// costs no drawing.
import { computed, type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { plainer } from "../lib/format";
import { placeOf } from "../lib/frames";
import { useThrottled } from "../lib/throttle";
import { dark, styleColour } from "../lib/theme";

export interface Line {
  label: string;
  colour: string;
  values: (number | null)[];
  /** The borders of an interval around the line. */
  low?: (number | null)[];
  high?: (number | null)[];
  dashed?: boolean;
  /** Bars instead of a line, for what happens in a tick. */
  bars?: boolean;
}

export interface ChartProps {
  /** What is drawn: the chart's heading. */
  label: string;
  ticks: number[];
  lines: Line[];
  format: (value: number) => string;
  /** The last tick of the axis, where lines are still to grow. */
  lastTick: number;
  /** Ticks of events. */
  marks?: number[];
  /** The tick that the page looks at; a click moves it. */
  tick?: Signal<number>;
}

/** The room that the page's styles give the plot, which does not give itself any. */
function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(element.clientWidth, 100), height: Math.max(element.clientHeight, 100) };
}

/** The chart with its legend, whose values are those at the tick under the pointer, else at the one that is looked at. */
export function Chart(props: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const hovered = useSignal<number | null>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.format(0.5) + props.lines.map(({ label, colour, low, dashed, bars }) => [label, colour, !!low, dashed, bars].join()).join("|");
  const night = dark.value;
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = new uPlot(options(latest, sizeOf(element), hovered), data(latest.current), element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize(sizeOf(element)));
    resize.observe(element);
    const stop = watchTick(made, latest);
    return () => {
      stop();
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, night]);
  useEffect(() => plot.current?.setData(data(props)), [props.ticks, props.lines, props.lastTick]);
  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.label}</h3>
        <Legend {...props} hovered={hovered} />
      </figcaption>
      <div class="plot" ref={holder} role="img" aria-label={`${props.label}. ${summary(props)}`} data-points={props.ticks.length} />
    </figure>
  );
}

/** While a run is played the values are renewed so often. */
const LEGEND_MS = 60;

function Legend({ label: heading, lines, ticks, tick, format, hovered }: ChartProps & { hovered: Signal<number | null> }) {
  const looked = useMemo(() => computed(() => hovered.value ?? (tick ? placeOf(ticks, tick.value) : Infinity)), [hovered, tick, ticks]);
  const place = Math.min(useThrottled(looked, LEGEND_MS), ticks.length - 1);
  return (
    <div class="legend">
      {ticks.length > 0 && <span class="at number">tick {ticks[place]}</span>}
      {lines.map(({ label, colour, values, dashed }) => {
        const value = values[place];
        return (
          <span key={label} class="entry">
            <svg viewBox="0 0 16 4" aria-hidden="true">
              <path d="M0 2h16" stroke={colour} stroke-width="3" stroke-dasharray={dashed ? "4 3" : undefined} />
            </svg>
            {label !== heading && <span>{label}</span>}
            <span class="number">{value === null || value === undefined ? "\u2013" : format(value)}</span>
          </span>
        );
      })}
    </div>
  );
}

/** Where each line begins and ends, in words. */
function summary({ lines, ticks, format }: ChartProps): string {
  const known = (values: (number | null)[]) => values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  const one = ({ label, values }: Line) => {
    const [numbers, last] = [known(values), known(values).at(-1)];
    return last === undefined ? `${label}: no values` : `${label}: ${format(numbers[0] ?? last)} to ${format(last)}`;
  };
  return ticks.length === 0 ? "No values yet." : `Ticks ${ticks[0]} to ${ticks.at(-1)}. ${lines.slice(0, 8).map(one).join("; ")}.`;
}

function data({ ticks, lines }: ChartProps): uPlot.AlignedData {
  const columns = lines.flatMap(({ values, low, high }) => (low && high ? [values, low, high] : [values]));
  return [ticks, ...columns] as uPlot.AlignedData;
}

/** Ticks are whole: so are the steps of their axis. */
const TICK_STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500];

/** uPlot's options. Colours are read once: another theme makes another plot. */
function options(props: { current: ChartProps }, size: { width: number; height: number }, hovered: Signal<number | null>): uPlot.Options {
  const { lines } = props.current;
  const [text, grid] = [styleColour("--muted"), styleColour("--line")];
  const axis: uPlot.Axis = {
    stroke: text,
    font: "11px 'Inter Variable', sans-serif",
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
  };
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const { colour, low, dashed, bars } of lines) {
    const at = series.length;
    const shape = bars ? { width: 0, fill: colour, paths: uPlot.paths.bars?.({ size: [0.8, 32] }) } : { width: 2, spanGaps: true };
    series.push({ stroke: colour, points: { show: false }, ...shape, ...(dashed ? { dash: [6, 4] } : {}) });
    if (!low) continue;
    // The borders are lines too; they are not drawn, and only the room between them is filled.
    series.push({ width: 0, points: { show: false } }, { width: 0, points: { show: false } });
    bands.push({ series: [at + 2, at + 1], fill: translucent(colour) });
  }
  return {
    ...size,
    series,
    bands,
    legend: { show: false },
    padding: [12, 14, 0, 0],
    scales: { x: { time: false, range: () => [0, Math.max(1, props.current.lastTick)] }, y: { range: paddedRange } },
    axes: [
      { ...axis, size: 28, incrs: TICK_STEPS, values: (_, splits) => splits.map(String) },
      { ...axis, size: 58, values: (_, splits) => plainer(splits.map((value) => props.current.format(value))) },
    ],
    // All charts of a page show the same tick under the pointer.
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false, sync: { key: "ticks", setSeries: false } },
    hooks: {
      draw: [(plot) => drawMarks(plot, props.current.marks ?? [])],
      setCursor: [({ cursor }) => (hovered.value = cursor.left !== undefined && cursor.left >= 0 ? (cursor.idx ?? null) : null)],
    },
  };
}

/** Some room above and below, also around a line that does not move. */
function paddedRange(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = high - low < 1e-9 ? 0.01 : Math.max((high - low) * 0.06, Math.abs(high) * 0.005);
  return [low >= 0 && low - room < 0 ? 0 : low - room, high <= 1 && high + room > 1 && low >= 0 ? Math.max(high, 1) : high + room];
}

function translucent(colour: string): string {
  return colour.startsWith("#") && colour.length === 7 ? `${colour}33` : colour;
}

/** Events as dotted lines from the axis up, each with a small triangle on the axis. */
function drawMarks(plot: uPlot, marks: number[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = styleColour("--event");
  const unit = devicePixelRatio;
  for (const tick of new Set(marks)) {
    const x = Math.round(plot.valToPos(tick, "x", true));
    ctx.globalAlpha = 0.4;
    ctx.setLineDash([2 * unit, 4 * unit]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 0.9;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + bbox.height - 7 * unit);
    ctx.lineTo(x - 4 * unit, bbox.top + bbox.height);
    ctx.lineTo(x + 4 * unit, bbox.top + bbox.height);
    ctx.fill();
  }
  ctx.restore();
}

/** The mark of the tick that is looked at, and clicks that move it. */
function watchTick(plot: uPlot, props: { current: ChartProps }): () => void {
  const tick = props.current.tick;
  if (!tick) return () => {};
  const mark = document.createElement("div");
  mark.className = "tick-mark";
  plot.over.append(mark);
  const place = () => {
    mark.style.transform = `translateX(${plot.valToPos(tick.value, "x")}px)`;
  };
  plot.hooks.draw?.push(place);
  plot.over.addEventListener("click", () => {
    const to = Math.round(plot.posToVal(plot.cursor.left ?? 0, "x"));
    tick.value = Math.min(Math.max(0, to), props.current.ticks.at(-1) ?? 0);
  });
  return tick.subscribe(place);
}
