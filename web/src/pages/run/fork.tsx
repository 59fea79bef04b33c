// A fork of the run: from one of its snapshots on, with another seed, scenario or horizon. What is left as it is is not
// sent, so that it stays the parent's.
import { useState } from "preact/hooks";
import { post, words } from "../../api/client";
import { seedOf } from "../../api/json";
import { useGet } from "../../api/use";
import type { Model, Run, Snapshot } from "../../api/types";
import { plainShifts } from "../../lib/scenario";
import { Dialog } from "../../parts/bits";
import { NumberInput, SeedInput } from "../../parts/field";
import { Loading } from "../../parts/notes";
import { go, href } from "../../router";

/** The dialog. */
export function ForkDialog({ run, onClose, fromTick }: { run: Run; onClose: () => void; fromTick?: number }) {
  const snapshots = useGet<{ items: Snapshot[] }>(`/runs/${run.id}/snapshots`).data?.items;
  const model = useGet<Model>(`/models/${run.config.model}`).data;
  const deltas = plainShifts(run.config.scenario_patch);
  const [tick, setTick] = useState(fromTick === undefined ? "" : String(fromTick));
  const [name, setName] = useState("");
  const [seed, setSeed] = useState("");
  const [horizon, setHorizon] = useState("");
  const [shifts, setShifts] = useState<Record<string, string>>({});
  const [start, setStart] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const ticks = [...(snapshots ?? [])].reverse();
  const fork = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const changed = Object.entries(shifts).filter(([of, text]) => text !== "" && Number(text) !== (deltas[of] ?? 0));
      const config = { ...(seed && { seed: seedOf(seed) ?? seed }), ...(horizon && { horizon_ticks: Number(horizon) }) };
      const made = await post<{ id: string }>(`/runs/${run.id}/fork`, {
        from_tick: Number(tick || ticks[0]?.tick),
        ...(name.trim() && { name: name.trim() }),
        ...(Object.keys(config).length > 0 && { config }),
        ...(changed.length > 0 && {
          scenario_patch: { variable_deltas: Object.fromEntries(changed.map(([of, text]) => [of, Number(text)])) },
        }),
      });
      if (start) await post(`/runs/${made.id}/start`);
      onClose();
      go(href(`runs/${made.id}`));
    } catch (error) {
      setProblem(words(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Fork this run" onClose={onClose}>
      {!snapshots ? <Loading /> : ticks.length === 0 ? (
        <p>This run has no snapshot to go on from. Runs take one every so many ticks as their configuration says.</p>
      ) : (
        <form onSubmit={(event) => void fork(event)} class="form" noValidate>
          <p class="muted">The fork has this run&rsquo;s past up to a snapshot, and goes on from there as you say.</p>
          <div class="pair">
            <label class="field">
              <span>From tick</span>
              <select value={tick || String(ticks[0]?.tick)} onChange={(event) => setTick(event.currentTarget.value)}>
                {ticks.map((snapshot) => (
                  <option key={snapshot.tick} value={String(snapshot.tick)}>
                    {snapshot.tick} ({snapshot.reason})
                  </option>
                ))}
              </select>
            </label>
            <NumberInput label="Until tick" value={horizon} placeholder={String(run.config.horizon_ticks)}
              min={1} max={1000} whole onInput={setHorizon} />
          </div>
          <div class="pair">
            <label class="field">
              <span>Name</span>
              <input value={name} maxLength={200} placeholder={`${run.name} (fork)`} onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <SeedInput value={seed} placeholder={String(run.config.seed)} onInput={setSeed} />
          </div>
          {model && model.variables.length > 0 && (
            <fieldset>
              <legend>Shifts of the environment from that tick on</legend>
              <div class="pair">
                {model.variables.map(({ name: of, description }) => (
                  <NumberInput key={of} label={of.replace(/_/g, " ")} hint={description} value={shifts[of] ?? ""}
                    placeholder={String(deltas[of] ?? 0)} min={-1} max={1} onInput={(text) => setShifts({ ...shifts, [of]: text })} />
                ))}
              </div>
            </fieldset>
          )}
          <label class="check">
            <input type="checkbox" checked={start} onChange={(event) => setStart(event.currentTarget.checked)} />
            Start it at once
          </label>
          {problem && <p class="wrong" role="alert">{problem}</p>}
          <div class="buttons">
            <button type="button" class="button" onClick={onClose}>Close</button>
            <button type="submit" class="button primary" disabled={busy}>Fork</button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
