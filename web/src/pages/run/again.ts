// A run whose past was another than its present - a fork, or one more run of a scenario that a fork began - asked for once more.
// No configuration of a new run says what was in force before a tick; the run that was forked does, and so does the scenario.
import { get, post } from "../../api/client";
import type { Run } from "../../api/types";
import type { Request } from "../create/request";

/** True for a run that a new run's configuration cannot say. */
export function hasPast({ config }: Run): boolean {
  return (config.past?.length ?? 0) > 0;
}

/** Creates and starts a run that is asked as this one was; gives its id. */
export async function again(run: Run): Promise<string> {
  const parent = run.forked_from && (await get<Run>(`/runs/${run.forked_from.run_id}`));
  const { path, body } = againOf(run, parent);
  const { id } = await post<{ id: string }>(path, body);
  await post(`/runs/${id}/start`);
  return id;
}

/** The request that asks the same. `parent` is the run that this one was forked from; null where it began at tick 0. */
export function againOf(run: Run, parent: Run | null): Request {
  const { seed, horizon_ticks, snapshot_every_ticks, telemetry, scheduler, scenario_patch: patch } = run.config;
  const free = { seed, snapshot_every_ticks, telemetry, scheduler: { batch_size: scheduler.batch_size } };
  if (!parent || !run.forked_from) return { path: "/runs", body: { node_id: run.outputs.node_id, project_id: run.project_id, name: run.name, config: free } };
  const before = parent.config.scenario_patch;
  // A fork has its parent's shifts unless it says otherwise, and its effects come after its parent's.
  const taken = Object.fromEntries(Object.keys(before?.variable_deltas ?? {}).map((name) => [name, 0]));
  const effects = (patch?.effects ?? []).slice(before?.effects?.length ?? 0);
  const { event_bundle_id, event_bundle_version, attribution } = patch ?? {};
  const own = effects.some(({ cause }) => cause?.event_bundle_id === event_bundle_id);
  const scenario_patch = {
    variable_deltas: { ...taken, ...patch?.variable_deltas },
    effects,
    ...(event_bundle_id && own && { event_bundle_id, event_bundle_version, attribution }),
  };
  const { tick: from_tick, run_id } = run.forked_from;
  return { path: `/runs/${run_id}/fork`, body: { name: run.name, from_tick, config: { ...free, horizon_ticks }, scenario_patch } };
}
