// Fields of forms: a number with its range, unit and what is wrong with it, in words that screen readers tie to the field.
import { useId } from "preact/hooks";
import { wrongSeed } from "../api/json";
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
  /** What is wrong with a text, where a range does not say it. */
  check?: (text: string) => string | null;
}

/** A field for a number. Left empty it means the default, which it shows. */
export function NumberInput(props: NumberInputProps) {
  const { label, value, onInput, min, max, whole = false, step = whole ? 1 : 0.01, unit, hint, placeholder } = props;
  const id = useId();
  const wrong = (props.check ? props.check(value) : misfit({ min, max, whole }, value)) ?? props.problem ?? null;
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

/** A field for a seed, which is whole to 2^64, further than a browser's numbers are. */
export function SeedInput(props: Pick<NumberInputProps, "value" | "onInput" | "placeholder" | "hint" | "problem">) {
  return <NumberInput label="Seed" min={0} max={Infinity} whole check={wrongSeed} {...props} />;
}

interface TextProps {
  label: string;
  value: string;
  onInput: (text: string) => void;
  placeholder?: string;
  hint?: string;
  problem?: string | null;
  /** What is suggested; something else can be typed all the same. */
  suggested?: readonly { value: string; text: string }[];
}

/** A field for a text. */
export function TextInput({ label, value, onInput, placeholder, hint, problem, suggested }: TextProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", problem ? `${id}-wrong` : ""].filter(Boolean).join(" ");
  return (
    <div class={problem ? "field bad" : "field"}>
      <label for={id}>{label}</label>
      <input id={id} value={value} placeholder={placeholder} autocomplete="off" spellcheck={false} aria-invalid={!!problem} list={suggested ? `${id}-list` : undefined}
        aria-describedby={described || undefined} onInput={(event) => onInput(event.currentTarget.value)} />
      {suggested && <datalist id={`${id}-list`}>{suggested.map((each) => <option key={each.value} value={each.value}>{each.text}</option>)}</datalist>}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {problem && <p class="wrong" id={`${id}-wrong`}>{problem}</p>}
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onPick: (value: string) => void;
  hint?: string;
  disabled?: boolean;
}

/** One of several. */
export function Select({ label, value, options, onPick, hint, disabled = false }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onPick(event.currentTarget.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}
