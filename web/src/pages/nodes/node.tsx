// A node's page: the way to it from its root with what each step changed, what came of its seeds, the environment that it
// begins with, its runs, and a fork of it.
import { useState } from "preact/hooks";
import { useGet } from "../../api/use";
import type { Model } from "../../api/types";
import { count, fixed, shortId, signed, title } from "../../lib/format";
import { styleOf } from "../../lib/outcome";
import { Ago, Card, StatusMark } from "../../parts/bits";
import { Icon } from "../../parts/icon";
import { Loading, Problem } from "../../parts/notes";
import { href } from "../../router";
import { NodeFork } from "./fork";
import { Shifts } from "./page";
import { type Change, half, type NodeDetail, type Step } from "./tree";

const LIVE_MS = 2_000;

/** The page of the node with this id. */
export function NodePage({ id }: { id: string }) {
  const { data: node, error, reload } = useGet<NodeDetail>(`/nodes/${encodeURIComponent(id)}`, LIVE_MS);
  const model = useGet<Model>(node ? `/models/${node.config.model}` : null).data;
  const [forking, setForking] = useState(false);
  if (error && !node) return <Problem error={error} retry={reload} back={<a class="button" href={href("nodes")}>To the scenarios</a>} />;
  if (!node) return <Loading lines={8} />;
  const { config, parent_node_id, project_id } = node;
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href={href("nodes", { project: project_id })}>Scenarios</a> <span aria-hidden="true">/</span> <span class="mono">{shortId(id)}</span>
      </nav>
      <header class="head">
        <h1>{node.name}</h1>
        <StatusMark status={node.status} />
        <div class="actions" role="group" aria-label="Actions">
          {parent_node_id && <a class="button" href={href("compare", { nodes: `${parent_node_id},${id}` })}><Icon name="compare" /> Compare with its parent</a>}
          <button type="button" class="button primary" onClick={() => setForking(true)}><Icon name="fork" /> Fork</button>
        </div>
      </header>
      <p class="about muted">
        <span>{config.model}</span>
        <span>{count(config.population.agents)} agents of {config.population.dataset}</span>
        <span>{config.horizon_ticks} ticks</span>
        <span>created <Ago time={node.created_at} /></span>
      </p>
      <div class="stack">
        <Outcomes node={node} model={model} />
        <Way id={id} done={node.run_counts.succeeded} model={model} />
      </div>
      <div class="deck even">
        <Runs node={node} />
        <Variables node={node} />
      </div>
      {forking && model && <NodeFork node={node} model={model} onClose={() => setForking(false)} />}
    </>
  );
}

/** What came of the seeds. */
function Outcomes({ node, model }: { node: NodeDetail; model: Model | null }) {
  const lines = Object.entries(node.outcomes);
  return (
    <Card title="Outcomes" aside={<span class="muted small">over seeds, with the 95 % interval of the mean</span>}>
      {lines.length === 0 ? <p class="muted">None of its runs has succeeded yet.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of outcomes">
          <table class="outcomes">
            <thead>
              <tr><th>Line</th>{["Mean", "Deviation", "Least", "Most", "Seeds"].map((name) => <th key={name} class="number">{name}</th>)}</tr>
            </thead>
            <tbody>
              {lines.map(([line, outcome]) => {
                const style = styleOf(line, model);
                const margin = half(outcome.interval_95);
                return (
                  <tr key={line}>
                    <th scope="row">{style.label}</th>
                    <td class="number">
                      <span class="value">{style.text(outcome.mean)}{Number.isFinite(margin) && <span class="muted small"> {"\u00b1"} {style.margin(margin)}</span>}</span>
                    </td>
                    <td class="number">{outcome.standard_deviation === null ? "\u2013" : style.spread(outcome.standard_deviation)}</td>
                    <td class="number">{style.text(outcome.min)}</td>
                    <td class="number">{style.text(outcome.max)}</td>
                    <td class="number">{outcome.seeds}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

/** The way from the root, with what each step brought. */
function Way({ id, done, model }: { id: string; done: number; model: Model | null }) {
  const { data } = useGet<{ steps: Step[] }>(`/nodes/${encodeURIComponent(id)}/path-analysis`, done > 0 ? 2 * LIVE_MS : LIVE_MS);
  const steps = data?.steps ?? [];
  if (steps.length < 2) return null;
  const lines = Object.keys(steps.at(-1)?.outcomes ?? {});
  return (
    <Card title="The way here" aside={<span class="muted small">changes from step to step</span>}>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of steps">
        <table class="outcomes">
          <thead>
            <tr><th>Step</th><th>Shift</th>{lines.map((line) => <th key={line} class="number">{styleOf(line, model).label}</th>)}</tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.node_id}>
                <th scope="row"><a href={href(`nodes/${step.node_id}`)}>{step.name}</a></th>
                <td><Shifts patch={step.patch} /></td>
                {lines.map((line) => <StepCell key={line} line={line} step={step} model={model} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function StepCell({ line, step, model }: { line: string; step: Step; model: Model | null }) {
  const style = styleOf(line, model);
  const outcome = step.outcomes[line];
  const change: Change | undefined = step.change_from_parent?.[line];
  const margin = half(change?.interval_95 ?? null);
  return (
    <td class="number">
      <span class="value">{outcome ? style.text(outcome.mean) : "\u2013"}</span>
      {change && (
        <span class={`delta small ${change.delta > 0 ? "up" : change.delta < 0 ? "down" : ""}`} title={change.method === "paired" ? "paired by seed" : "means of different seeds"}>
          {style.apart(change.delta)}{Number.isFinite(margin) && ` \u00b1 ${style.margin(margin)}`}
        </span>
      )}
    </td>
  );
}

function Runs({ node }: { node: NodeDetail }) {
  return (
    <Card title="Runs" aside={<span class="muted small">{node.runs.length}</span>}>
      <ul class="node-runs">
        {node.runs.map(({ id, name, seed, status }) => (
          <li key={id}><a href={href(`runs/${id}`)}>{name}</a> <span class="muted small">seed {String(seed)}</span> <StatusMark status={status} /></li>
        ))}
      </ul>
    </Card>
  );
}

/** The environment that the node begins with. */
function Variables({ node }: { node: NodeDetail }) {
  if (node.variables.length === 0) return null;
  return (
    <Card title="Environment at its beginning">
      <dl class="rows">
        {node.variables.map(({ name, delta, value }) => (
          <div key={name}>
            <dt>{title(name)}</dt>
            <dd>{fixed(value, 2)}{delta !== 0 && <span class="muted small"> ({signed(delta, 2)})</span>}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
