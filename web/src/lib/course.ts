// The course of a run: its metrics overall, by segment and by region, at the ticks that are known. It is made of results,
// whose trends have some of the ticks, or of telemetry, which has all of them and grows while the run goes on.
import type { Results, Trends } from "../api/types";
import type { Frames } from "./frames";

/** Lines of a metric by the name of what they are of. */
export type Lines = Record<string, number[]>;

export interface Course {
  ticks: number[];
  metrics: string[];
  /** By metric. */
  overall: Lines;
  /** By segment, then metric. */
  segments: Record<string, Lines>;
  /** Null where there are no regions. */
  frames: Frames | null;
}

/** Ticks of telemetry as `GET /telemetry/{id}/slice` and the stream beside it give them. */
export interface Slice {
  ticks: number[];
  metrics: Record<string, { overall: number[]; by_region: Lines; by_segment: Lines }>;
}

/** The course that results tell. */
export function courseOf(results: Results): Course {
  const slice = sliceBefore(results, Infinity);
  return new Recording(slice.ticks.length).append(slice);
}

/** What results tell of the ticks before this one. */
export function sliceBefore(results: Results, end: number): Slice {
  const metrics = Object.keys(results.trends);
  const early = (trends: Trends, metric: string) => (trends[metric] ?? []).filter(({ tick }) => tick < end);
  const ticks = early(results.trends, metrics[0] ?? "").map(({ tick }) => tick);
  const lines = (trends: Trends): Lines =>
    Object.fromEntries(metrics.map((metric) => [metric, early(trends, metric).map(({ value }) => value)]));
  const slice: Slice = { ticks, metrics: {} };
  for (const metric of metrics) {
    const by = (groups: Record<string, Trends>): Lines =>
      Object.fromEntries(Object.entries(groups).map(([name, trends]) => [name, lines(trends)[metric] ?? []]));
    slice.metrics[metric] = {
      overall: lines(results.trends)[metric] ?? [],
      by_region: by(results.trends_by_region),
      by_segment: by(results.trends_by_segment),
    };
  }
  return slice;
}

/** A course that grows, slice by slice. */
export class Recording {
  private ticks: number[] = [];
  private readonly overall: Lines = {};
  private readonly segments: Record<string, Lines> = {};
  private regions: string[] = [];
  private metrics: string[] = [];
  private columns: Float64Array[] = [];

  /**
   * A recording with room for so many ticks to begin with. Which metrics, regions and segments there are, the first slice says,
   * unless another one is given for that.
   */
  constructor(private room: number, shape?: Slice) {
    if (shape) this.begin(shape);
  }

  /** Adds the ticks of a slice that come after those that are known; gives the course so far. */
  append(slice: Slice): Course {
    if (this.metrics.length === 0) this.begin(slice);
    const after = this.ticks.at(-1) ?? -1;
    const fresh = slice.ticks.flatMap((tick, place) => (tick > after ? [place] : []));
    this.grow(this.ticks.length + fresh.length);
    for (const place of fresh) this.take(slice, place);
    return this.course();
  }

  private begin(slice: Slice): void {
    this.metrics = Object.keys(slice.metrics);
    const first = slice.metrics[this.metrics[0] ?? ""];
    this.regions = Object.keys(first?.by_region ?? {}).sort();
    for (const name of Object.keys(first?.by_segment ?? {})) this.segments[name] = {};
    this.columns = this.metrics.map(() => new Float64Array(this.room * this.regions.length).fill(NaN));
  }

  private grow(ticks: number): void {
    if (ticks <= this.room) return;
    this.room = Math.max(ticks, this.room * 2);
    this.columns = this.columns.map((column) => {
      const larger = new Float64Array(this.room * this.regions.length).fill(NaN);
      larger.set(column);
      return larger;
    });
  }

  private take(slice: Slice, place: number): void {
    const start = this.ticks.length * this.regions.length;
    this.metrics.forEach((metric, m) => {
      const values = slice.metrics[metric];
      (this.overall[metric] ??= []).push(values?.overall[place] ?? NaN);
      for (const [name, lines] of Object.entries(this.segments)) {
        (lines[metric] ??= []).push(values?.by_segment[name]?.[place] ?? NaN);
      }
      this.regions.forEach((region, r) => {
        const column = this.columns[m];
        if (column) column[start + r] = values?.by_region[region]?.[place] ?? NaN;
      });
    });
    this.ticks.push(slice.ticks[place] ?? 0);
  }

  private course(): Course {
    const ticks = [...this.ticks];
    const { metrics, regions, columns } = this;
    const frames = regions.length > 0 ? { ticks, metrics, regions, columns } : null;
    return { ticks, metrics, overall: { ...this.overall }, segments: { ...this.segments }, frames };
  }
}

/** Every so many ticks to ask for, so that what comes stays within some ten megabytes. */
export function resolutionFor(ticks: number, regions: number, metrics: number): number {
  const MOST_VALUES = 600_000;
  return Math.max(1, Math.ceil((ticks * Math.max(1, regions) * metrics) / MOST_VALUES));
}

/** More points than this, nobody sees in a line. */
const MOST_POINTS = 250;

/** Every so many ticks to ask for where lines alone are drawn. */
export function stepFor(ticks: number): number {
  return Math.max(1, Math.ceil(ticks / MOST_POINTS));
}

/** Ticks that a run has recorded, of which another one may have the next. */
export interface Stretch {
  run: string;
  from: number;
  to: number;
}

/** A stretch at every so many ticks counted from 0, so that stretches of several runs go on from each other; null where none of these is in it. */
export function thinned({ run, from, to }: Stretch, resolution: number): Stretch | null {
  const [first, last] = [Math.ceil(from / resolution) * resolution, Math.floor(to / resolution) * resolution];
  return first > last ? null : { run, from: first, to: last };
}

/** The trends of slices that follow each other; null where they do not begin with tick 0. */
export function trendsOf(slices: readonly Slice[]): Trends | null {
  if (slices[0]?.ticks[0] !== 0) return null;
  const points = ({ ticks, metrics }: Slice, name: string) => ticks.map((tick, i) => ({ tick, value: metrics[name]?.overall[i] ?? NaN }));
  return Object.fromEntries(Object.keys(slices[0].metrics).map((name) => [name, slices.flatMap((slice) => points(slice, name))]));
}
