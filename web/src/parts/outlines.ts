// Where the outlines of the states come from: a file of their own, asked for when a map of the states is first shown. It is
// fetched, not imported: an import that failed once, because the server was away, fails in this document for good.
import { useEffect, useState } from "preact/hooks";
import file from "us-atlas/states-albers-10m.json?url";
import { reachable } from "../api/client";
import { type Outline, outlinesOf, type States } from "../lib/outlines";

/** What has come, for all maps of this page. */
let known: readonly Outline[] | null = null;

/**
 * The states' outlines; null while they are on their way, `missing` where the server has them no more, as one of another
 * version that a page of before asks. While the server is away, they are asked for again as soon as it is back.
 */
export function useOutlines(wanted: boolean): readonly Outline[] | "missing" | null {
  const [outlines, setOutlines] = useState<readonly Outline[] | "missing" | null>(known);
  const there = reachable.value;
  useEffect(() => {
    if (!wanted || outlines !== null || !there) return;
    const stop = new AbortController();
    ask(stop.signal).then(setOutlines, () => {
      if (!stop.signal.aborted) reachable.value = false;
    });
    return () => stop.abort();
  }, [wanted, outlines, there]);
  return outlines;
}

async function ask(stopped: AbortSignal): Promise<readonly Outline[] | "missing"> {
  const answer = await fetch(file, { signal: stopped });
  if (!answer.ok) return "missing";
  known = outlinesOf((await answer.json()) as States);
  return known;
}
