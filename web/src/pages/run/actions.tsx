// What can be done with a run, as far as its status allows: start, pause, resume, snapshot, cancel, fork, verify, and a new
// run like it, or the same once more where its past is not for new runs.
import { useState } from "preact/hooks";
import { get, post } from "../../api/client";
import { ENDED, type Run, type Status } from "../../api/types";
import { Dialog } from "../../parts/bits";
import { Icon, type IconName } from "../../parts/icon";
import { complain, say } from "../../parts/notes";
import { go, href } from "../../router";
import { againOf, hasPast } from "./again";
import { ForkDialog } from "./fork";

interface Action {
  verb: string;
  text: string;
  icon: IconName;
  when: readonly Status[];
  done: string;
}

const ACTIONS: readonly Action[] = [
  { verb: "start", text: "Start", icon: "play", when: ["queued"], done: "The run is started." },
  { verb: "pause", text: "Pause", icon: "pause", when: ["running"], done: "The run is paused." },
  { verb: "resume", text: "Resume", icon: "play", when: ["paused"], done: "The run goes on." },
  { verb: "snapshots", text: "Snapshot", icon: "snapshot", when: ["running"], done: "A snapshot is taken." },
];

/** Creates and starts a run that is asked as this one was; gives its id. */
async function again(run: Run): Promise<string> {
  const parent = run.forked_from && (await get<Run>(`/runs/${run.forked_from.run_id}`));
  const { path, body } = againOf(run, parent);
  const { id } = await post<{ id: string }>(path, body);
  // A run that is created and cannot be started now is there all the same; a note says why it waits.
  await post(`/runs/${id}/start`).catch(complain);
  return id;
}

/** The buttons at the head of the page. */
export function Actions({ run, reload, onVerify }: { run: Run; reload: () => void; onVerify: () => void }) {
  const [busy, setBusy] = useState<string | null>(null);
  const [open, setOpen] = useState<"cancel" | "fork" | null>(null);
  const act = async (verb: string, done: string) => {
    setBusy(verb);
    try {
      await post(`/runs/${run.id}/${verb}`);
      say(done);
    } catch (error) {
      complain(error);
    } finally {
      setBusy(null);
      reload();
    }
  };
  const repeat = async () => {
    setBusy("again");
    try {
      go(href(`runs/${await again(run)}`));
    } catch (error) {
      complain(error);
    } finally {
      setBusy(null);
    }
  };
  const ended = ENDED.includes(run.status);
  return (
    <div class="actions" role="group" aria-label="Actions">
      {ACTIONS.filter(({ when }) => when.includes(run.status)).map(({ verb, text, icon, done }) => (
        <button key={verb} type="button" class={verb === "start" || verb === "resume" ? "button primary" : "button"}
          disabled={busy !== null} onClick={() => void act(verb, done)}>
          <Icon name={icon} /> {text}
        </button>
      ))}
      {!ended && (
        <button type="button" class="button danger" disabled={busy !== null} onClick={() => setOpen("cancel")}>
          <Icon name="stop" /> Cancel
        </button>
      )}
      {run.status !== "queued" && (
        <button type="button" class="button" onClick={() => setOpen("fork")}>
          <Icon name="fork" /> Fork
        </button>
      )}
      {(ended || run.status === "paused") && (
        <button type="button" class="button" onClick={onVerify}>
          <Icon name="verify" /> Verify
        </button>
      )}
      {run.mode !== "experiment" && hasPast(run) && (
        <button type="button" class="button" disabled={busy !== null} title="The same from the same tick on, as a new run" onClick={() => void repeat()}>
          <Icon name="copy" /> Run again
        </button>
      )}
      {run.mode !== "experiment" && !hasPast(run) && (
        <a class="button" href={href("new", { like: run.id })}>
          <Icon name="copy" /> New like this
        </a>
      )}
      {open === "fork" && <ForkDialog run={run} onClose={() => setOpen(null)} />}
      {open === "cancel" && (
        <Dialog title="Cancel this run?" onClose={() => setOpen(null)}>
          <p>
            It stops after the tick in progress and cannot be resumed. What it has found so far stays readable, and it can be
            forked where it stopped.
          </p>
          <div class="buttons">
            <button type="button" class="button" onClick={() => setOpen(null)}>
              Keep it
            </button>
            <button type="button" class="button danger solid"
              onClick={() => { setOpen(null); void act("cancel", "The run is cancelled."); }}>
              Cancel the run
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
