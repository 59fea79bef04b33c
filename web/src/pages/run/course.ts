// The course of the run that the page shows: of telemetry where the server records it, live while the run goes on, else of
// the results, which come at its end. It begins at tick 0, whoever stepped the first ticks.
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { get } from "../../api/client";
import { can, paths } from "../../api/features";
import { type Index, slicePath, slicesOf, stretchesOf, wholeOf } from "../../api/recorded";
import type { Results, Run } from "../../api/types";
import { type Course, courseOf, Recording, resolutionFor, type Slice, sliceBefore } from "../../lib/course";

const ALL = "&regions=all&segments=all";
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

const resolutionOf = (ticks: number, { regions, metrics }: Index) => resolutionFor(ticks, regions.length, metrics.length);

/** Follows a run's telemetry as it is written; gives the function that stops it. */
function watch(run: Run, show: (course: Course) => void): () => void {
  const stop = new AbortController();
  let known: { every: number; next: number; recording: Recording } | null = null;
  let timer: ReturnType<typeof setTimeout>;
  const begin = async () => {
    const { index, before } = await stretchesOf(run, stop.signal);
    const every = resolutionOf(run.config.horizon_ticks + 1, index);
    const next = Math.ceil(index.first_tick / every) * every;
    const [earlier, own] = await Promise.all([slicesOf(before, ALL, every, stop.signal), get<Slice>(slicePath(run.id, ALL, every, next), stop.signal)]);
    // Its own slice says what is known of it, which may be more than was recorded of the run before it.
    const recording = new Recording(run.config.horizon_ticks + 1, own);
    for (const slice of earlier) recording.append(slice);
    known = { every, next, recording };
    return own;
  };
  const once = async () => {
    try {
      const slice = known ? await get<Slice>(slicePath(run.id, ALL, known.every, known.next), stop.signal) : await begin();
      if (known && slice.ticks.length > 0) {
        known.next = (slice.ticks.at(-1) ?? 0) + 1;
        show(known.recording.append(slice));
      }
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
    const slices = await wholeOf(run, ALL, resolutionOf, stop.signal);
    const [first] = slices;
    if (!first) return;
    // Where the run that it went on from is gone, its results still tell of the beginning.
    const told = (first.ticks[0] ?? 0) > 0 ? await get<Results>(`/runs/${run.id}/results`, stop.signal).catch(() => null) : null;
    const all = told ? [sliceBefore(told, first.ticks[0] ?? 0), ...slices] : slices;
    const recording = new Recording(all.reduce((ticks, slice) => ticks + slice.ticks.length, 0), all.at(-1));
    const courses = all.map((slice) => recording.append(slice));
    const whole = courses.at(-1);
    if (whole) show(whole);
  };
  ask().catch(() => undefined);
  return () => stop.abort();
}
