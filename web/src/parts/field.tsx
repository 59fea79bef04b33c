// Fields of forms: a number with its range, unit and what is wrong with it, in words that screen readers tie to the field.
import { useId } from "preact/hooks";
import { misfit } from "../lib/schema";

export interface NumberInputProps {
  label: string;
  value: string;
  onInput: (text: string) => void;
  min: number;
  max: number;
  whole?: boolean;
  step?: number;
  unit?: string;
  hint?: string;
  placeholder?: string;
  /** A slider beside the field, for ranges that fit one. */
  slider?: boolean;
  /** What the server says of it. */
  problem?: string | null;
}

/** A field for a number. Left empty it means the default, which it shows. */
export function NumberInput(props: NumberInputProps) {
  const { label, value, onInput, min, max, whole = false, step = whole ? 1 : 0.01, unit, hint, placeholder } = props;
  const id = useId();
  const wrong = misfit({ min, max, whole }, value) ?? props.problem ?? null;
  const described = [hint ? `${id}-hint` : "", wrong ? `${id}-wrong` : ""].filter(Boolean).join(" ");
  return (
    <div class={wrong ? "field bad" : "field"}>
      <label for={id}>
        {label}
        {unit && <span class="muted"> {unit}</span>}
      </label>
      <div class="entry">
        {props.slider && (
          <input
            type="range"
            min={min}
            max={max}
            step={step}
            value={value === "" ? placeholder : value}
            aria-label={`${label}, slider`}
            onInput={(event) => onInput(event.currentTarget.value)}
          />
        )}
        <input
          id={id}
          inputMode={whole ? "numeric" : "decimal"}
          autocomplete="off"
          value={value}
          placeholder={placeholder}
          aria-invalid={wrong !== null}
          aria-describedby={described || undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {wrong && <p class="wrong" id={`${id}-wrong`}>{wrong}</p>}
    </div>
  );
}
