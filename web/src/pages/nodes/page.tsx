// The scenarios of a project: nodes as trees, each with what it changes, how its runs stand and what came of them. Two to
// four are ticked off and compared.
import { useEffect } from "preact/hooks";
import { useGet } from "../../api/use";
import type { Model, RunList } from "../../api/types";
import { shortId } from "../../lib/format";
import { styleOf } from "../../lib/outcome";
import { deeds } from "../../lib/scenario";
import { currentProject } from "../../lib/project";
import { StatusMark } from "../../parts/bits";
import { Blank, Loading, Problem } from "../../parts/notes";
import { Tray, usePicked } from "../../parts/pick";
import { go, href, route } from "../../router";
import { half, type NodeDetail, type NodeItem, type Tree, treesOf } from "./tree";

const LIVE_MS = 3_000;
/** Outcomes are asked for node by node: of so many at most. */
const MOST_OUTCOMES = 60;

interface UniverseMap {
  nodes: NodeItem[];
  total: number;
  truncated: boolean;
}

/** The page. */
export function NodesPage() {
  const listed = useGet<RunList>("/runs?limit=100").data;
  const projects = [...new Set((listed?.items ?? []).map(({ project_id }) => project_id))];
  const wanted = route.value.query.get("project");
  const own = currentProject();
  const project = wanted ?? (projects.includes(own) ? own : (projects[0] ?? own));
  const { data, error, reload } = useGet<UniverseMap>(listed ? `/nodes/universe-map/${encodeURIComponent(project)}` : null, LIVE_MS);
  const picked = usePicked();
  return (
    <>
      <header class="head">
        <h1>Scenarios</h1>
        {data && <span class="muted">{data.total === 1 ? "1 node" : `${data.total} nodes`}{data.truncated && ", the newest are shown"}</span>}
        {projects.length > 1 && (
          <label class="inline right">
            Project
            <select value={project} onChange={(event) => go(href("nodes", { project: event.currentTarget.value }), true)}>
              {projects.map((id) => <option key={id} value={id}>{shortId(id)}</option>)}
            </select>
          </label>
        )}
      </header>
      {error && !data ? <Problem error={error} retry={reload} /> : !data ? <Loading lines={5} /> : data.nodes.length === 0 ? (
        <Blank title="No scenarios yet.">
          <p class="muted">Every run that is created begins one; a fork with another scenario stands below it.</p>
          <a class="button primary" href={href("new")}>New run</a>
        </Blank>
      ) : (
        <ul class="tree root">
          {treesOf(data.nodes).reverse().map((tree) => (
            <Branch key={tree.node.id} tree={tree} picked={picked.ids} onPick={picked.toggle} withOutcomes={data.nodes.length <= MOST_OUTCOMES} />
          ))}
        </ul>
      )}
      <Tray picked={picked} of="nodes" label="Selected scenarios" />
    </>
  );
}

interface BranchProps {
  tree: Tree;
  picked: string[];
  onPick: (id: string) => void;
  withOutcomes: boolean;
}

function Branch({ tree: { node, children }, picked, onPick, withOutcomes }: BranchProps) {
  const { id, name, status, run_counts, patch } = node;
  return (
    <li>
      <div class={picked.includes(id) ? "node picked" : "node"}>
        <input type="checkbox" checked={picked.includes(id)} onChange={() => onPick(id)} aria-label={`Select ${name} to compare`} />
        <a href={href(`nodes/${id}`)}>{name}</a>
        <StatusMark status={status} />
        <span class="muted small">{run_counts.total === 1 ? "1 run" : `${run_counts.total} runs`}</span>
        <Shifts patch={patch} />
        {withOutcomes && <Outcome id={id} done={run_counts.succeeded} />}
      </div>
      {children.length > 0 && (
        <ul class="tree">
          {children.map((child) => (
            <Branch key={child.node.id} tree={child} picked={picked} onPick={onPick} withOutcomes={withOutcomes} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** What a patch changes. */
export function Shifts({ patch }: { patch: NodeItem["patch"] }) {
  const all = deeds(patch);
  if (all.length === 0) return null;
  return (
    <span class="shifts">
      {all.map(({ name, text }, i) => <span key={i} class="shift">{name} <b class="number">{text}</b></span>)}
      {patch?.from_tick ? <span class="muted small">from tick {patch.from_tick}</span> : null}
    </span>
  );
}

/** The first line of a node's outcome; asked for again whenever one more of its runs has succeeded. */
function Outcome({ id, done }: { id: string; done: number }) {
  const { data, reload } = useGet<NodeDetail>(done > 0 ? `/nodes/${id}` : null);
  useEffect(() => reload(), [done]);
  const model = useGet<Model>(data ? `/models/${data.config.model}` : null).data;
  const [line, outcome] = Object.entries(data?.outcomes ?? {})[0] ?? [];
  if (!line || !outcome) return null;
  const style = styleOf(line, model);
  const margin = half(outcome.interval_95);
  return (
    <span class="outcome small">
      <span class="muted">{style.label}</span> <b class="number">{style.text(outcome.mean)}</b>
      {Number.isFinite(margin) && <span class="muted number"> {"\u00b1"} {style.margin(margin)}</span>}
    </span>
  );
}
