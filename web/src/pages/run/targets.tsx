// What became of the named agents of a run: each with where it lives, whether it reached its goal, what it was and is, and
// its way as lines.
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { TargetReport, Value } from "../../api/target";
import { count, fixed, title } from "../../lib/format";
import { dark, lineColour } from "../../lib/theme";
import { Card } from "../../parts/bits";
import { Chart, type Line } from "../../parts/chart";

/** The card. */
export function TargetsCard({ targets, tick, lastTick }: { targets: readonly TargetReport[]; tick: Signal<number>; lastTick: number }) {
  return (
    <Card title="Named agents" aside={<span class="muted small">{targets.length}</span>}>
      <div class="targets">
        {targets.map((target) => <TargetPart key={target.name} target={target} tick={tick} lastTick={lastTick} />)}
      </div>
    </Card>
  );
}

function TargetPart({ target, tick, lastTick }: { target: TargetReport; tick: Signal<number>; lastTick: number }) {
  const { name, agent, region, segment, start, end, reached_tick, trajectory } = target;
  const ticks = useMemo(() => trajectory.map((point) => point.tick), [target]);
  const lines = useMemo(() => linesOf(target), [target, dark.value]);
  return (
    <section class="question" aria-label={name}>
      <header class="target">
        <h3>{name}</h3>
        <span class="muted small">agent {count(agent)}, {region}, {segment.replace(/_/g, " ")}</span>
        {reached_tick !== undefined && (
          <span class={`status ${reached_tick === null ? "" : "succeeded"}`}>{reached_tick === null ? "goal not reached" : `goal reached at tick ${reached_tick}`}</span>
        )}
      </header>
      {lines.length > 0 && <Chart label="Its way" ticks={ticks} lines={lines} format={(value) => fixed(value, 3)} lastTick={lastTick} tick={tick}
        marks={typeof reached_tick === "number" ? [reached_tick] : []} />}
      <table class="traits">
        <thead><tr><th>Trait</th><th class="number">At birth</th><th class="number">At the end</th></tr></thead>
        <tbody>
          {Object.keys(end).map((trait) => (
            <tr key={trait}>
              <th scope="row">{title(trait)}</th>
              <td class="number muted">{told(start[trait])}</td>
              <td class="number">{start[trait] === end[trait] ? <span class="muted">{told(end[trait])}</span> : told(end[trait])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The numbers of a target that change on its way. */
function linesOf({ trajectory, end }: TargetReport): Line[] {
  const changing = Object.keys(end).filter((trait) => {
    const values = trajectory.map(({ state }) => state[trait]);
    return typeof end[trait] === "number" && new Set(values).size > 1;
  });
  return changing.map((trait, i) => ({
    label: title(trait),
    colour: lineColour(i),
    values: trajectory.map(({ state }) => (typeof state[trait] === "number" ? state[trait] : null)),
  }));
}

function told(value: Value | undefined): string {
  if (typeof value === "number") return fixed(value, 2);
  return typeof value === "boolean" ? (value ? "yes" : "no") : (value ?? "\u2013").replace(/_/g, " ");
}
