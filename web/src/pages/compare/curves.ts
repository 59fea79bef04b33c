// The lines of a comparison tick by tick, from telemetry. Results have some of the ticks alone, so that a band over seeds is
// made of a few corners; telemetry has all. It is used where all runs have it from tick 0 on, so that all lines have the same
// ticks.
import { useEffect, useState } from "preact/hooks";
import { can, paths } from "../../api/features";
import { wholeOf } from "../../api/recorded";
import { ENDED, type Trends } from "../../api/types";
import { stepFor, trendsOf } from "../../lib/course";
import type { Ended } from "./groups";

/** More runs than this are shown as their results tell them. */
const MOST_RUNS = 60;

/** The curves by run; null where they are not known, or not of all runs. */
export type Curves = ReadonlyMap<string, Trends> | null;

/** The curves of runs that have all ended. */
export function useCurves(entries: readonly Ended[] | null): Curves {
  const [curves, setCurves] = useState<{ key: string; found: Curves }>({ key: "", found: null });
  const known = paths.value !== null && can("/telemetry/{id}/slice");
  const runs = (entries ?? []).map(({ run }) => run);
  const ready = known && runs.length > 0 && runs.length <= MOST_RUNS && runs.every(({ status, outputs }) => ENDED.includes(status) && outputs.telemetry_ref !== null);
  const key = ready ? runs.map(({ id }) => id).join() : "";
  useEffect(() => {
    if (key === "") return;
    const stop = new AbortController();
    const step = stepFor(Math.max(...runs.map(({ config }) => config.horizon_ticks)));
    Promise.all(runs.map(async (run) => [run.id, trendsOf(await wholeOf(run, "", () => step, stop.signal))] as const)).then(
      (all) => setCurves({ key, found: all.every(([, trends]) => trends !== null) ? new Map(all as [string, Trends][]) : null }),
      // Without telemetry there are still the lines of the results.
      () => undefined,
    );
    return () => stop.abort();
  }, [key]);
  return curves.key === key ? curves.found : null;
}
