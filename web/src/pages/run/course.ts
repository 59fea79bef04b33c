// The course of the run that the page shows: of telemetry where the server records it, live while the run goes on, else of
// the results, which come at its end.
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { get } from "../../api/client";
import { can, paths } from "../../api/features";
import type { Results, Run } from "../../api/types";
import { type Course, courseOf, Recording, resolutionFor, type Slice } from "../../lib/course";

/** What telemetry has of a run. */
interface Index {
  state: "recording" | "complete" | "incomplete";
  first_tick: number;
  last_tick: number | null;
  metrics: unknown[];
  regions: unknown[];
}

const ALL = "regions=all&segments=all";
/** How often a run that goes on is asked for its new ticks. They are written every second or two. */
const EVERY_MS = 700;

/** The course of a run, as far as it is known; null where nothing is. */
export function useCourse(run: Run | null, results: Results | null): ReadonlySignal<Course | null> {
  const course = useMemo(() => signal<Course | null>(null), [run?.id]);
  const recorded = can("/telemetry/{id}/slice") && run !== null && run.outputs.telemetry_ref !== null && run.status !== "queued";
  const live = run?.status === "running";
  useEffect(() => {
    if (!recorded || !run) return;
    return live ? watch(run, (grown) => (course.value = grown)) : read(run, (whole) => (course.value = whole));
  }, [run?.id, run?.status, recorded, live]);
  useEffect(() => {
    // Where telemetry has more ticks than the results, it stays.
    if (results && paths.value !== null && (!recorded || course.value === null)) course.value = courseOf(results);
  }, [results, recorded, paths.value]);
  return course;
}

/** Follows a run's telemetry as it is written; gives the function that stops it. */
function watch(run: Run, show: (course: Course) => void): () => void {
  const stop = new AbortController();
  const recording = new Recording(run.config.horizon_ticks + 1);
  let [next, resolution] = [0, 0];
  let timer: ReturnType<typeof setTimeout>;
  const once = async () => {
    try {
      if (resolution === 0) {
        const { regions, metrics } = await get<Index>(`/telemetry/${run.id}`, stop.signal);
        resolution = resolutionFor(run.config.horizon_ticks, regions.length, metrics.length);
      }
      const path = `/telemetry/${run.id}/slice?${ALL}&resolution=${resolution}&from_tick=${next}`;
      const slice = await get<Slice>(path, stop.signal);
      next = (slice.ticks.at(-1) ?? next - 1) + 1;
      if (slice.ticks.length > 0) show(recording.append(slice));
    } catch (error) {
      // A server that is away comes back, and what is not recorded yet will be.
      if (stop.signal.aborted) return;
    }
    if (!stop.signal.aborted) timer = setTimeout(() => void once(), EVERY_MS);
  };
  void once();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

/** Reads what was recorded of a run that does not go on; a run without any leaves it to the results. */
function read(run: Run, show: (course: Course) => void): () => void {
  const stop = new AbortController();
  const ask = async () => {
    const index = await get<Index>(`/telemetry/${run.id}`, stop.signal);
    if (index.last_tick === null) return;
    const ticks = index.last_tick - index.first_tick + 1;
    const resolution = resolutionFor(ticks, index.regions.length, index.metrics.length);
    const slice = await get<Slice>(`/telemetry/${run.id}/slice?${ALL}&resolution=${resolution}`, stop.signal);
    if (slice.ticks.length > 0) show(new Recording(slice.ticks.length).append(slice));
  };
  ask().catch(() => undefined);
  return () => stop.abort();
}
