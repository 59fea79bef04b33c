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

/** The metric and the tick in which the regions differ most, by their variance: where a map has most to show. */
export function widestOf(frames: Frames): { metric: number; tick: number } {
  const widest = { metric: 0, tick: frames.ticks.at(-1) ?? 0 };
  let most = 0;
  frames.metrics.forEach((_, metric) =>
    frames.ticks.forEach((tick, place) => {
      const spread = variance(row(frames, metric, place));
      if (spread > most) {
        most = spread;
        Object.assign(widest, { metric, tick });
      }
    }),
  );
  return widest;
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
