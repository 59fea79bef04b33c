// What the editors of scripts and of bundles share: they are tried in a run, saved as the next version of what was read, and
// removed. A version that somebody else made meanwhile is said, never written over.
import { useState } from "preact/hooks";
import { ApiError, ask, get, post, remove, words } from "../../api/client";
import type { Stored, Trial } from "../../api/event";
import type { Model } from "../../api/types";
import { title } from "../../lib/format";
import { deeds, type Effect, feltIn } from "../../lib/scenario";
import { Ago, Card, Dialog } from "../../parts/bits";
import { NumberInput, Select } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { complain, say } from "../../parts/notes";
import { go, href } from "../../router";

export interface EditorProps<T = Stored> {
  /** `/event-scripts` or `/event-scripts/bundles`. */
  path: string;
  /** The place of the page: `events/scripts` or `events/bundles`. */
  place: string;
  /** What is edited, in a word. */
  what: string;
  project: string;
  /** What was read; null for a new one. */
  known: { id: string; version: number; name: string } | null;
  /** The fields as they are sent. */
  body: Record<string, unknown>;
  sound: boolean;
  models: Model[];
  model: string;
  onModel: (name: string) => void;
  /** Reads it again. */
  reload: () => void;
  /** Takes what was saved: from then on it is what was read. What was typed meanwhile stays in the fields. */
  onSaved: (saved: T) => void;
}

const HORIZON = { min: 1, max: 1000, whole: true } as const;

/** The card beside the fields: try, save, remove. */
export function Editor<T extends Stored>(props: EditorProps<T>) {
  const { path, place, what, project, known, body, sound } = props;
  const [problem, setProblem] = useState<unknown>(null);
  // What somebody else has made of it since it was read.
  const [theirs, setTheirs] = useState<Stored | null>(null);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);
  const act = async (deed: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    setTheirs(null);
    try {
      await deed();
    } catch (error) {
      setProblem(error);
      if (isLate(error)) setTheirs(await present().catch(() => null));
    }
    setBusy(false);
  };
  const present = () => get<Stored>(`${path}/${known?.id}`);
  const look = async () => {
    setBusy(true);
    await present().then(setTheirs, complain);
    setBusy(false);
  };
  const save = (over = known?.version) => act(async () => {
    const made = known
      ? await ask<T>("PUT", `${path}/${known.id}`, { ...body, version: over })
      : await post<T>(path, { ...body, project_id: project });
    say(known ? "Saved. Runs that used it before keep what they had." : "Saved.");
    if (known) props.onSaved(made);
    else go(href(`${place}/${made.id}`), true);
  });
  const drop = async () => {
    setAsked(false);
    await act(async () => {
      await remove(`${path}/${known?.id}?version=${known?.version}`);
      say(`The ${what} is removed.`);
      go(href("events", { project }));
    });
  };
  return (
    <div class="side sticky">
      <Card title={known ? `Version ${known.version}` : `New ${what}`}>
        {theirs ? (
          <Conflict theirs={theirs} busy={busy} sound={sound} onTheirs={() => { setProblem(null); setTheirs(null); props.reload(); }} onMine={() => void save(theirs.version)} />
        ) : problem !== null && (
          <div class="fault" role="alert">
            {problem instanceof ApiError && <strong class="mono">{problem.code}</strong>}
            <span>{words(problem)}</span>
            {isLate(problem) && <button type="button" class="button small" disabled={busy} onClick={() => void look()}>Read the present version</button>}
          </div>
        )}
        <div class="buttons">
          {known && <button type="button" class="button danger" disabled={busy} onClick={() => setAsked(true)}>Remove</button>}
          <button type="button" class="button primary" disabled={busy || !sound} onClick={() => void save()}>{known ? "Save as the next version" : `Save the ${what}`}</button>
        </div>
      </Card>
      <Try {...props} />
      {asked && (
        <Dialog title={`Remove this ${what}?`} onClose={() => setAsked(false)}>
          <p>Runs that were made with it keep its effects. It cannot be taken back.</p>
          <div class="buttons">
            <button type="button" class="button" onClick={() => setAsked(false)}>Keep it</button>
            <button type="button" class="button danger solid" onClick={() => void drop()}>Remove the {what}</button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** What is edited: what was read, or what this page has saved of it since; and whether that is in the fields already. */
export function usePresent<T extends Stored>(read: T | null): { known: T | null; typed: (known: T) => boolean; onSaved: (saved: T) => void } {
  const [saved, setSaved] = useState<T | null>(null);
  const known = saved && (!read || saved.version > read.version) ? saved : read;
  return { known, typed: (of) => of === saved, onSaved: setSaved };
}

/** True where a version was not the present one any more. */
function isLate(error: unknown): boolean {
  return error instanceof ApiError && error.code === "VERSION_CONFLICT";
}

/** Somebody else was faster: what is here is not saved, and stays here until it is said what becomes of it. */
function Conflict(props: { theirs: Stored; busy: boolean; sound: boolean; onTheirs: () => void; onMine: () => void }) {
  const { theirs, busy, sound, onTheirs, onMine } = props;
  return (
    <div class="fault conflict" role="alert">
      <span>
        <strong>Changed by someone else.</strong> Version {theirs.version}, &ldquo;{theirs.name}&rdquo;, was saved <Ago time={theirs.updated_at} /> by {theirs.updated_by}.
        What you have here is not saved.
      </span>
      <div class="buttons">
        <button type="button" class="button small" onClick={onTheirs}>Reload theirs</button>
        <button type="button" class="button small" disabled={busy || !sound} onClick={onMine}>Save mine over it</button>
      </div>
    </div>
  );
}

/** What a run would make of it: its effects with their ticks, and all that would be refused. */
function Try({ path, project, body, sound, models, model, onModel }: Omit<EditorProps, "onSaved">) {
  const [horizon, setHorizon] = useState("");
  const [trial, setTrial] = useState<{ of: string; found: Trial } | null>(null);
  const config = { model, ...(horizon.trim() !== "" && { horizon_ticks: Number(horizon) }) };
  const asking = JSON.stringify({ body, config });
  const run = () => {
    post<Trial>(`${path}/validate`, { ...body, project_id: project, config }).then((found) => setTrial({ of: asking, found }), complain);
  };
  // What was found of other fields says nothing of these.
  const found = trial?.of === asking ? trial.found : null;
  return (
    <Card title="Try it in a run">
      <div class="pair">
        <Select label="Model" value={model} options={models.map(({ name }) => ({ value: name, text: title(name) }))} onPick={onModel} />
        <NumberInput label="Ticks" value={horizon} placeholder="100" {...HORIZON} onInput={setHorizon} />
      </div>
      <div class="buttons"><button type="button" class="button" disabled={!sound} onClick={run}><Icon name="check" /> Try</button></div>
      {found && (
        <div role="status" class="trial">
          {found.valid && <p class="verdict good"><Icon name="check" /> A run takes it as it is.</p>}
          {found.problems.map(({ detail, error_code }, i) => <p key={i} class="wrong"><span class="mono small">{error_code}</span> {detail}</p>)}
          <TimeLine effects={found.effects} horizon={Number(horizon || "100")} />
        </div>
      )}
    </Card>
  );
}

/** Effects in words, each with the ticks in which it is felt. */
function TimeLine({ effects, horizon }: { effects: Effect[]; horizon: number }) {
  if (effects.length === 0) return null;
  const place = (tick: number) => `${(100 * Math.min(tick, horizon)) / horizon}%`;
  return (
    <>
      <ol class="taken small">
        {deeds({ effects }).map(({ name, text }, i) => {
          const [from, until] = feltIn(effects[i], horizon);
          return (
            <li key={i}>
              <b>{name}</b> {text}
              <div class="felt"><i style={{ left: place(from), width: place(Math.max(until - from, horizon / 100)) }} /></div>
            </li>
          );
        })}
      </ol>
      <p class="axis muted small" aria-hidden="true"><span>0</span><span>tick {horizon}</span></p>
    </>
  );
}
