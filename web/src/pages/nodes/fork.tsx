// A child of a node: what it changes besides, and with how many seeds it is asked.
import { useState } from "preact/hooks";
import { post, words } from "../../api/client";
import type { Model } from "../../api/types";
import { Dialog } from "../../parts/bits";
import { NumberInput } from "../../parts/field";
import { go, href } from "../../router";
import type { NodeDetail } from "./tree";

/** The dialog. */
export function NodeFork({ node, model, onClose }: { node: NodeDetail; model: Model; onClose: () => void }) {
  const [name, setName] = useState("");
  const [runs, setRuns] = useState("");
  const [shifts, setShifts] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const fork = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const given = Object.entries(shifts).filter(([, text]) => Number(text) !== 0);
      const made = await post<{ node: { id: string } }>("/nodes/fork", {
        parent_node_id: node.id,
        ...(name.trim() && { name: name.trim() }),
        ...(runs && { runs: Number(runs) }),
        scenario_patch: { variable_deltas: Object.fromEntries(given.map(([of, text]) => [of, Number(text)])) },
        auto_run: true,
      });
      go(href(`nodes/${made.node.id}`));
      onClose();
    } catch (error) {
      setProblem(words(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Fork this scenario" onClose={onClose}>
      <form class="form" noValidate onSubmit={(event) => void fork(event)}>
        <p class="muted">The child has all that this scenario has, and what you shift here besides. It is asked with the same seeds, so that both can be compared seed by seed. Shifts for a while, effects and another length are in <a href={href("new", { parent: node.id })}>the form</a>.</p>
        <div class="pair">
          <label class="field">
            <span>Name</span>
            <input value={name} maxLength={200} placeholder={`${node.name}, and`} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
          <NumberInput label="Runs" value={runs} placeholder={`${Math.min(50, node.runs.length)}, one per seed`} min={1} max={50} whole onInput={setRuns} />
        </div>
        <div class="pair">
          {model.variables.map(({ name: of, description }) => (
            <NumberInput key={of} label={of.replace(/_/g, " ")} hint={description} value={shifts[of] ?? ""} placeholder="0" min={-1} max={1}
              onInput={(text) => setShifts({ ...shifts, [of]: text })} />
          ))}
        </div>
        {problem && <p class="wrong" role="alert">{problem}</p>}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>Close</button>
          <button type="submit" class="button primary" disabled={busy}>Fork and run</button>
        </div>
      </form>
    </Dialog>
  );
}
