// Small pieces that every page uses: a run's status, a figure with its label, a segmented choice, a dialog.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Status } from "../api/types";
import { now } from "../lib/clock";
import { ago, exact } from "../lib/format";

/** A run's status, as a word with a colour. */
export function StatusMark({ status }: { status: Status }) {
  return <span class={`status ${status}`}>{status}</span>;
}

/** How long ago something was; the exact time is where a pointer rests. */
export function Ago({ time }: { time: string }) {
  return <time dateTime={time} title={exact(time)}>{ago(time, now.value)}</time>;
}

/** How far something has come. */
export function Bar({ percent, label, status }: { percent: number; label: string; status?: Status }) {
  return (
    <div
      class={`progress ${status ?? ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
    >
      <div style={{ width: `${Math.min(100, Math.max(0, percent))}%` }} />
    </div>
  );
}

/** A figure with what it is, and what more there is to know of it. */
export function Figure({ label, value, note }: { label: string; value: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {note && <span class="muted small">{note}</span>}
      </dd>
    </div>
  );
}

/** One of a few, all of them in view. */
export function Choice<T extends string>(props: {
  label: string;
  name: string;
  options: readonly { value: T; text: string }[];
  value: T;
  onPick: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{props.label}</legend>
      {props.options.map(({ value, text }) => (
        <label key={value} class={value === props.value ? "picked" : ""}>
          <input
            type="radio"
            name={props.name}
            checked={value === props.value}
            onChange={() => props.onPick(value)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** A card with a heading, and what can be done with it beside that. */
export function Card(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`card ${props.class ?? ""}`} aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.aside && <div class="aside">{props.aside}</div>}
      </header>
      {props.children}
    </section>
  );
}

/** A dialog over the page; it is open while it is there. Escape and a click beside it close it. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={props.title}
      onClose={props.onClose}
      onClick={(event) => event.target === element.current && props.onClose()}
    >
      <div class="inside">
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}
