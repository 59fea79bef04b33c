// What the page says of itself: short notes after an action, errors where something should be, and what to do where there
// is nothing yet.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { ApiError, words } from "../api/client";
import { Icon } from "./icon";

interface Note {
  id: number;
  text: string;
  bad: boolean;
}

const notes = signal<Note[]>([]);
const SHOWN_MS = 6_000;
let next = 0;

/** Says something for a few seconds, for screen readers too. */
export function say(text: string, bad = false): void {
  const id = (next += 1);
  notes.value = [...notes.value.slice(-2), { id, text, bad }];
  setTimeout(() => (notes.value = notes.value.filter((note) => note.id !== id)), SHOWN_MS);
}

/** Says what went wrong. */
export function complain(error: unknown): void {
  say(words(error), true);
}

/** Where notes are shown. */
export function Notes() {
  return (
    <div class="notes" role="status" aria-live="polite">
      {notes.value.map(({ id, text, bad }) => (
        <div key={id} class={bad ? "note bad" : "note"}>
          <Icon name={bad ? "alert" : "check"} />
          <span>{text}</span>
        </div>
      ))}
    </div>
  );
}

/** An error in the place of what could not be shown. */
export function Problem({ error, retry, back }: { error: unknown; retry?: () => void; back?: ComponentChildren }) {
  const code = error instanceof ApiError ? error.code : null;
  return (
    <div class="blank" role="alert">
      <Icon name="alert" large />
      <p>{words(error)}</p>
      {code && <p class="muted mono">{code}</p>}
      <div class="buttons">
        {back}
        {retry && (
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

/** What stands where there is nothing yet. */
export function Blank({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="blank">
      <p class="strong">{title}</p>
      {children}
    </div>
  );
}

/** A few grey bars where something is on its way. */
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div class="loading" aria-busy="true">
      <span class="hidden">Loading</span>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} class="bar" />
      ))}
    </div>
  );
}
