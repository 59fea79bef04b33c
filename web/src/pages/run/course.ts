// The course of the run that the page shows: of telemetry where the server records it, live while the run goes on, else of
// the results, which come at its end.
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { API, get } from "../../api/client";
import { can, paths } from "../../api/features";
import { follow } from "../../api/sse";
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
/** The course is shown at most so often while it grows, so that drawing never holds up the page. */
const SHOWN_EVERY_MS = 200;

/** The course of a run, as far as it is known; null where nothing is. */
export function useCourse(run: Run | null, results: Results | null): ReadonlySignal<Course | null> {
  const course = useMemo(() => signal<Course | null>(null), [run?.id]);
  const recorded = can("/telemetry/{id}/slice") && run !== null && recordsTelemetry(run);
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

function recordsTelemetry(run: Run): boolean {
  const asked = run.config.telemetry as { enabled?: boolean } | undefined;
  return asked?.enabled !== false && run.progress.current_tick >= 0 && run.status !== "queued";
}

/** Follows a run's telemetry; gives the function that stops it. */
function watch(run: Run, show: (course: Course) => void): () => void {
  const recording = new Recording(run.config.horizon_ticks + 1);
  let [latest, timer]: [Course | null, ReturnType<typeof setTimeout> | undefined] = [null, undefined];
  const stop = follow(`${API}/telemetry/${run.id}/stream?${ALL}`, {
    event: ({ event, data }) => {
      if (event === "slice") {
        latest = recording.append(JSON.parse(data) as Slice);
        timer ??= setTimeout(() => {
          timer = undefined;
          if (latest) show(latest);
        }, SHOWN_EVERY_MS);
      }
      return event === "end";
    },
  });
  return () => {
    stop();
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
