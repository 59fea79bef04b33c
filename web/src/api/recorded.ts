// What telemetry has of a run from tick 0 on. A run that goes on from another one's state, as a fork or as one of a batch that
// shares its beginning, has recorded its own ticks alone: those before are that run's, or of the one that it went on from itself.
import { type Slice, type Stretch, thinned } from "../lib/course";
import { get } from "./client";
import type { Run } from "./types";

/** What telemetry has of one run. */
export interface Index {
  first_tick: number;
  last_tick: number | null;
  metrics: unknown[];
  regions: unknown[];
}

/** A run's ticks may be spread over so many runs; who was forked more often is shown from a later tick on. */
const MOST_STRETCHES = 32;

/** What a run has recorded itself, and where its earlier ticks are, oldest first. Before its first file there is no last tick. */
export async function stretchesOf(run: Run, stop: AbortSignal): Promise<{ index: Index; before: Stretch[] }> {
  const index = await get<Index>(`/telemetry/${run.id}`, stop);
  const before: Stretch[] = [];
  let [first, from] = [index.first_tick, run.forked_from];
  // A run that waits for another of its batch says whose state it has once it has it.
  if (first > 0 && from === null) from = (await get<Run>(`/runs/${run.id}`, stop)).forked_from;
  while (first > 0 && from !== null && before.length < MOST_STRETCHES) {
    const earlier = await source(from.run_id, stop);
    if (earlier === null) break;
    if (earlier.index.first_tick < first) before.unshift({ run: from.run_id, from: earlier.index.first_tick, to: first - 1 });
    [first, from] = [Math.min(first, earlier.index.first_tick), earlier.run.forked_from];
  }
  return { index, before };
}

/** The run that another one went on from; null where it or its telemetry is not there any more. */
async function source(id: string, stop: AbortSignal): Promise<{ run: Run; index: Index } | null> {
  try {
    const [run, index] = await Promise.all([get<Run>(`/runs/${id}`, stop), get<Index>(`/telemetry/${id}`, stop)]);
    return { run, index };
  } catch (error) {
    if (stop.aborted) throw error;
    return null;
  }
}

/** The slices of these stretches, every so many ticks. `query` says of what; what it leaves out, the API's default says. */
export async function slicesOf(stretches: readonly Stretch[], query: string, resolution: number, stop: AbortSignal): Promise<Slice[]> {
  const asked = stretches.flatMap((stretch) => thinned(stretch, resolution) ?? []);
  return Promise.all(asked.map(({ run, from, to }) => get<Slice>(slicePath(run, `${query}&to_tick=${to}`, resolution, from), stop)));
}

/** Where a slice is, from a tick on. */
export function slicePath(run: string, query: string, resolution: number, from: number): string {
  return `/telemetry/${run}/slice?resolution=${resolution}&from_tick=${from}${query}`;
}

/** All slices of a run that does not go on, in order; empty where nothing was recorded. */
export async function wholeOf(run: Run, query: string, resolutionOf: (ticks: number, index: Index) => number, stop: AbortSignal): Promise<Slice[]> {
  const { index, before } = await stretchesOf(run, stop);
  if (index.last_tick === null) return [];
  const resolution = resolutionOf(index.last_tick + 1, index);
  // Its last tick is always in, so that lines end where it ended.
  const from = Math.min(Math.ceil(index.first_tick / resolution) * resolution, index.last_tick);
  // At once, so that nobody is left waiting for one of them where the other fails or is given up.
  const [earlier, own] = await Promise.all([slicesOf(before, query, resolution, stop), get<Slice>(slicePath(run.id, query, resolution, from), stop)]);
  return [...earlier, own].filter(({ ticks }) => ticks.length > 0);
}
