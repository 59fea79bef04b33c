// What stands beside a run's charts: how agents are distributed, what stands out by tick, the snapshots, and how the run was
// asked.
import type { Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { write } from "../../api/json";
import { useGet } from "../../api/use";
import type { KeyEvent, Model, Run, Snapshot } from "../../api/types";
import { bytes, count, fixed, short, title } from "../../lib/format";
import { deeds } from "../../lib/scenario";
import { Ago, Card } from "../../parts/bits";
import { Icon } from "../../parts/icon";
import { ForkDialog } from "./fork";

/** Shares of agents as bars. */
export function DistributionCard({ distribution, agents }: { distribution: Record<string, number>; agents: number }) {
  const parts = Object.entries(distribution).sort(([, a], [, b]) => b - a);
  if (parts.length === 0) return null;
  return (
    <Card title="Distribution">
      <dl class="bars">
        {parts.map(([name, share]) => (
          <div key={name}>
            <dt>{title(name)}</dt>
            <dd>
              <span class="number">{fixed(share * 100, 1)} %</span>
              <span class="muted small number">{count(share * agents)}</span>
            </dd>
            <dd class="track"><div style={{ width: `${share * 100}%` }} /></dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** What stands out, by tick; each entry leads the page's charts and map to its tick. */
export function EventsCard({ events, tick }: { events: readonly KeyEvent[]; tick: Signal<number> }) {
  return (
    <Card title="Key events">
      {events.length === 0 ? <p class="muted">Nothing stands out.</p> : (
        <ol class="events">
          {events.map((event, i) => (
            <li key={i}>
              <button type="button" onClick={() => (tick.value = event.tick)} title={`Go to tick ${event.tick}`}>
                <span class="when number">{event.tick}</span>
                <span>
                  <span class="kind">{title(event.type)}</span>
                  <span class="muted small">{event.description}</span>
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** The run's snapshots, each of which it can be forked from. */
export function SnapshotsCard({ run }: { run: Run }) {
  const { data, reload } = useGet<{ items: Snapshot[] }>(`/runs/${run.id}/snapshots`);
  const [fork, setFork] = useState<number | null>(null);
  const seen = useRef(run);
  useEffect(() => {
    // The first answer is that of the first question; another status or another snapshot asks again.
    if (seen.current !== run) reload();
    seen.current = run;
  }, [run.status, run.outputs.snapshot_refs.length]);
  const items = data?.items ?? [];
  return (
    <Card title="Snapshots" aside={items.length > 0 && <span class="muted small">{items.length}</span>}>
      {items.length === 0 ? <p class="muted">None. {run.status === "queued" ? "They come while it runs." : ""}</p> : (
        <ul class="snapshots">
          {items.map((snapshot) => (
            <li key={snapshot.tick}>
              <span class="when number">{snapshot.tick}</span>
              <span>
                {snapshot.reason} <span class="muted small"><Ago time={snapshot.created_at} />, {bytes(snapshot.bytes)}</span>
              </span>
              <button type="button" class="button small" onClick={() => setFork(snapshot.tick)} aria-label={`Fork from tick ${snapshot.tick}`}>
                <Icon name="fork" /> Fork
              </button>
            </li>
          ))}
        </ul>
      )}
      {fork !== null && <ForkDialog run={run} fromTick={fork} onClose={() => setFork(null)} />}
    </Card>
  );
}

/** How the run was asked: first what shapes it, then all of it as JSON. */
export function ConfigurationCard({ run, model }: { run: Run; model: Model | null }) {
  const { config } = run;
  const parameters = Object.entries(config.parameters);
  const unit = (name: string) => model?.parameters.properties[name]?.["x-unit"];
  const rows: [string, string][] = [
    ["Model", config.model],
    ["Seed", String(config.seed)],
    ["Data set", config.population.dataset],
    ["Agents", count(config.population.agents)],
    ["Horizon", `${config.horizon_ticks} ticks`],
    ["Network", `${String(config.network.kind).replace(/_/g, " ")}, mean degree ${String(config.network.mean_degree)}`],
    ["Snapshots", config.snapshot_every_ticks > 0 ? `every ${config.snapshot_every_ticks} ticks` : "none"],
    ...deeds(config.scenario_patch).map(({ name, text }): [string, string] => [name, text]),
    ...parameters.map(([name, number]): [string, string] => [
      title(name),
      `${short(number)}${unit(name) && unit(name) !== "1" ? ` ${unit(name)}` : ""}`,
    ]),
  ];
  return (
    <Card title="Configuration">
      <dl class="rows">
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>All of it</summary>
        <pre tabIndex={0}>{write({ id: run.id, project_id: run.project_id, created_by: run.created_by, config }, 2)}</pre>
      </details>
    </Card>
  );
}
