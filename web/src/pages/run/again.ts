// A run whose past was another than its present - a fork, or one more run of a scenario that a fork began - asked for once more.
// No configuration of a new run says what was in force before a tick; the run that was forked does, and so does the scenario.
// Pure.
import type { Run } from "../../api/types";
import { plainShifts } from "../../lib/scenario";
import type { Request } from "../create/request";

/** True for a run that a new run's configuration cannot say. */
export function hasPast({ config }: Run): boolean {
  return (config.past?.length ?? 0) > 0;
}

/** True where a run goes on from another of its batch, whose first ticks are its own too: it is no fork of that one. */
export function sharesBeginning(run: Pick<Run, "batch_id">, parent: Pick<Run, "batch_id">): boolean {
  return parent.batch_id !== null && parent.batch_id === run.batch_id;
}

/** The request that asks the same. `parent` is the run that this one has its first ticks of; null where it stepped them itself. */
export function againOf(run: Run, parent: Run | null): Request {
  const { seed, horizon_ticks, snapshot_every_ticks, telemetry, scheduler, scenario_patch: patch } = run.config;
  const { project_id, name, forked_from } = run;
  const free = { snapshot_every_ticks, telemetry, scheduler: { batch_size: scheduler.batch_size } };
  if (!parent || !forked_from || sharesBeginning(run, parent)) {
    return { path: "/runs", body: { node_id: run.outputs.node_id, project_id, name, config: { seed, ...free } } };
  }
  // What is said anew holds in all later eras of the parent too, so what is as it is there is not said.
  const config = { ...(seed !== parent.config.seed && { seed }), ...(horizon_ticks !== parent.config.horizon_ticks && { horizon_ticks }), ...free };
  const [mine, theirs] = [plainShifts(patch), plainShifts(parent.config.scenario_patch)];
  const other = Object.keys({ ...theirs, ...mine }).filter((of) => mine[of] !== theirs[of]);
  // A fork's effects come after its parent's, of which it has those that begin before its end.
  const inherited = (parent.config.scenario_patch?.effects ?? []).filter(({ from_tick }) => (from_tick ?? 0) < horizon_ticks);
  const effects = (patch?.effects ?? []).slice(inherited.length);
  const { event_bundle_id, event_bundle_version, attribution } = patch ?? {};
  const own = effects.some(({ cause }) => cause?.event_bundle_id === event_bundle_id);
  const scenario_patch = {
    // A shift that was taken back is 0.
    variable_deltas: Object.fromEntries(other.map((of) => [of, mine[of] ?? 0])),
    effects,
    ...(event_bundle_id && own && { event_bundle_id, event_bundle_version, attribution }),
  };
  return { path: `/runs/${forked_from.run_id}/fork`, body: { project_id, name, from_tick: forked_from.tick, config, scenario_patch } };
}
