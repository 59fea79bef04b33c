// Ticking off a few things of a list to compare them: what is ticked off, and the tray that says so and leads there.
import { useState } from "preact/hooks";
import { go, href } from "../router";
import { Icon } from "./icon";

const MOST_COMPARED = 4;

export interface Picked {
  ids: string[];
  /** Ticks one off, or takes it back; of too many the first goes. */
  toggle: (id: string) => void;
  clear: () => void;
}

/** What is ticked off. */
export function usePicked(): Picked {
  const [ids, setIds] = useState<string[]>([]);
  const toggle = (id: string) =>
    setIds((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before, id].slice(-MOST_COMPARED)));
  return { ids, toggle, clear: () => setIds([]) };
}

/** The tray; `of` is what the page of comparisons is told that these are. */
export function Tray({ picked: { ids, clear }, of, label }: { picked: Picked; of: "runs" | "nodes"; label: string }) {
  if (ids.length === 0) return null;
  return (
    <div class="tray" role="region" aria-label={label}>
      <span>
        {ids.length} of up to {MOST_COMPARED} selected
      </span>
      <button type="button" class="button quiet" onClick={clear}>
        Clear
      </button>
      <button type="button" class="button primary" disabled={ids.length < 2} onClick={() => go(href("compare", { [of]: ids.join(",") }))}>
        <Icon name="compare" /> Compare
      </button>
    </div>
  );
}
