// A run's values by metric, tick and region, in flat arrays, so that a map can be redrawn for any tick within a frame of the
// screen, and so that ticks can be added while a run goes on.

/** Values by metric, tick and region. */
export interface Frames {
  ticks: readonly number[];
  regions: readonly string[];
  metrics: readonly string[];
  /** One array per metric, with the regions' values tick by tick; NaN where nothing is known. It may have room for more. */
  columns: readonly Float64Array[];
}

/** The values of all regions at one tick, as a view of the array. */
export function row({ columns, regions }: Frames, metric: number, tick: number): Float64Array {
  return columns[metric]?.subarray(tick * regions.length, (tick + 1) * regions.length) ?? new Float64Array(0);
}

/** The place of the last tick that is not after this one. */
export function placeOf(ticks: readonly number[], tick: number): number {
  let [low, high] = [0, ticks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ticks[middle] ?? Infinity) <= tick) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The smallest and the largest value of a metric over all ticks and regions; null where there is none. */
export function rangeOf(frames: Frames, metric: number): [number, number] | null {
  const size = frames.ticks.length * frames.regions.length;
  const column = frames.columns[metric];
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < size; i += 1) {
    const value = column?.[i] ?? NaN;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** How much less a metric may tell regions apart than another and still be shown instead of it. */
const ENOUGH = 0.2;

/**
 * Where a map has most to show: the first metric of this order that tells regions apart about as well as any does, and the
 * tick in which it does most, by the variance over regions.
 */
export function widestOf(frames: Frames, order: readonly string[]): { metric: string; tick: number } {
  const found = order.flatMap((metric) => {
    const m = frames.metrics.indexOf(metric);
    const spreads = frames.ticks.map((_, place) => (m < 0 ? 0 : variance(row(frames, m, place))));
    const most = spreads.reduce((a, b) => Math.max(a, b), 0);
    return [{ metric, most, tick: frames.ticks[most > 0 ? spreads.indexOf(most) : spreads.length - 1] ?? 0 }];
  });
  const best = found.reduce((a, { most }) => Math.max(a, most), 0);
  const { metric = "", tick = 0 } = found.find(({ most }) => most >= ENOUGH * best) ?? {};
  return { metric, tick };
}

function variance(values: Float64Array): number {
  let [n, sum, squares] = [0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    n += 1;
    sum += value;
    squares += value * value;
  }
  return n > 0 ? squares / n - (sum / n) ** 2 : 0;
}

/** One region's line of a metric. */
export function lineOf(frames: Frames, metric: number, region: number): number[] {
  return frames.ticks.map((_, tick) => row(frames, metric, tick)[region] ?? NaN);
}
