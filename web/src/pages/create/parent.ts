// The scenario that a new run stands below. What a child asks must be as in its parent but for what it shifts, so picking a
// parent fills the form with what that one asked.
import { useEffect, useMemo } from "preact/hooks";
import { get } from "../../api/client";
import { useGet } from "../../api/use";
import { shortId } from "../../lib/format";
import { complain } from "../../parts/notes";
import { route } from "../../router";
import { type NodeDetail, type NodeItem, type Tree, treesOf } from "../nodes/tree";
import { type Draft, draftBelow } from "./request";

/** The scenarios of the form's project, and what picks one. */
export interface Parents {
  options: { value: string; text: string }[];
  pick: (id: string) => void;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The scenarios that a draft can stand below; one that the address names is picked at once. */
export function useParents(draft: Draft, change: (more: Partial<Draft>) => void): Parents {
  const path = UUID.test(draft.project) ? `/nodes/universe-map/${draft.project}` : null;
  const { data } = useGet<{ nodes: NodeItem[] }>(path);
  const wanted = route.value.query.get("parent");
  const pick = (id: string) => {
    if (id === "") return change({ parent: "" });
    get<NodeDetail>(`/nodes/${encodeURIComponent(id)}`).then((node) => change(draftBelow(node, draft.name)), complain);
  };
  useEffect(() => {
    if (wanted) pick(wanted);
  }, [wanted]);
  const options = useMemo(() => treesOf(data?.nodes ?? []).reverse().flatMap((tree) => listed(tree, 0)), [data]);
  return { options, pick };
}

/** A tree as lines of a list, children below their parent. */
function listed({ node, children }: Tree, depth: number): { value: string; text: string }[] {
  const line = { value: node.id, text: `${"\u2013 ".repeat(depth)}${node.name} (${shortId(node.id)})` };
  return [line, ...children.flatMap((child) => listed(child, depth + 1))];
}
