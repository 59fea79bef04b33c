// The part of the form for what happens to variables on the way: windows of shifts and effects, each with what it does, when
// and where, how strong it is over time, and what must hold for it to begin.
import type { Model } from "../../api/types";
import { title } from "../../lib/format";
import { deeds } from "../../lib/scenario";
import { Card } from "../../parts/bits";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { COMPARISONS, type EffectDraft, effectOf, emptyEffect, isSoundEffect, OPERATIONS, rangeOf, SHAPES, WINDOW, wrongPoints, wrongWindow } from "./effects";
import type { Draft } from "./request";

interface Props {
  draft: Draft;
  change: (more: Partial<Draft>) => void;
  model: Model;
}

/** As many as a run may have. */
const MOST_EFFECTS = 256;

/** The card. */
export function EffectsPart({ draft, change, model }: Props) {
  if (model.variables.length === 0) return null;
  const { effects } = draft;
  const put = (at: number, effect: EffectDraft) => change({ effects: effects.map((each, i) => (i === at ? effect : each)) });
  return (
    <Card title="Events on the way" aside={<span class="muted small">shifts for a while or some places, and effects</span>}>
      {effects.length === 0 && <p class="muted">None. The scenario is the same from the first tick to the last.</p>}
      <ol class="effects">
        {effects.map((effect, i) => (
          <EffectFields key={i} number={i + 1} effect={effect} model={model} onChange={(now) => put(i, now)}
            onRemove={() => change({ effects: effects.filter((_, other) => other !== i) })} />
        ))}
      </ol>
      <button type="button" class="button" disabled={effects.length >= MOST_EFFECTS} onClick={() => change({ effects: [...effects, emptyEffect(model)] })}>
        <Icon name="plus" /> Add an event
      </button>
    </Card>
  );
}

interface FieldsProps {
  number: number;
  effect: EffectDraft;
  model: Model;
  onChange: (effect: EffectDraft) => void;
  onRemove: () => void;
}

/** The fields of one. */
function EffectFields({ number, effect, model, onChange, onRemove }: FieldsProps) {
  const set = (more: Partial<EffectDraft>) => onChange({ ...effect, ...more });
  const range = rangeOf(effect.operation);
  const [said] = isSoundEffect(effect) ? deeds({ effects: [effectOf(effect)] }) : [];
  return (
    <li>
      <fieldset class="effect">
        <legend class="hidden">Event {number}</legend>
        <header>
          <b class="number" aria-hidden="true">{number}</b>
          <span class="said" role="status">{said ? <><b>{said.name}</b> {said.text}</> : <span class="muted">What happens?</span>}</span>
          <button type="button" class="button small quiet" onClick={onRemove} aria-label={`Remove event ${number}`}>Remove</button>
        </header>
        <div class="grid">
          <Select label="Variable" value={effect.variable} onPick={(variable) => set({ variable })}
            options={model.variables.map(({ name }) => ({ value: name, text: title(name) }))} />
          <Select label="What happens to it" value={effect.operation} onPick={(operation) => set({ operation })}
            options={OPERATIONS.map(({ name, text }) => ({ value: name, text }))} />
          <NumberInput label="Value" value={effect.value} {...range} placeholder={`${range.min} to ${range.max}`} onInput={(value) => set({ value })} />
        </div>
        <div class="grid">
          <NumberInput label="From tick" value={effect.from} {...WINDOW.from} placeholder="0" onInput={(from) => set({ from })} />
          <NumberInput label="Until tick" value={effect.until} {...WINDOW.until} placeholder="the end" problem={wrongWindow(effect)} onInput={(until) => set({ until })} />
          <TextInput label="Regions" value={effect.regions} placeholder="all, or CA, OR, WA" onInput={(regions) => set({ regions })} />
          <TextInput label="Segments" value={effect.segments} placeholder="all, or their names" onInput={(segments) => set({ segments })} />
        </div>
        <div class="grid">
          <Strength effect={effect} set={set} />
        </div>
        <div class="grid narrow">
          <Condition effect={effect} set={set} model={model} />
        </div>
      </fieldset>
    </li>
  );
}

interface PartProps {
  effect: EffectDraft;
  set: (more: Partial<EffectDraft>) => void;
}

function Strength({ effect, set }: PartProps) {
  const { shape, shapeFields } = effect;
  const fields = SHAPES.find(({ name }) => name === shape)?.fields ?? [];
  const put = (name: string, text: string) => set({ shapeFields: { ...shapeFields, [name]: text } });
  return (
    <>
      <Select label="Strength over time" value={shape} onPick={(picked) => set({ shape: picked, shapeFields: {} })}
        options={SHAPES.map(({ name, text }) => ({ value: name, text }))} />
      {fields.map(({ name, label, min, max, whole, initial }) => (
        <NumberInput key={name} label={label} unit="ticks" value={shapeFields[name] ?? ""} placeholder={initial} min={min} max={max} whole={whole}
          onInput={(text) => put(name, text)} />
      ))}
      {shape === "custom" && (
        <TextInput label="Points" value={shapeFields.points ?? ""} placeholder="0:1, 10:0.5, 20:0" hint="Ticks since it began, and the strength at each."
          problem={shapeFields.points ? wrongPoints(shapeFields.points) : null} onInput={(text) => put("points", text)} />
      )}
    </>
  );
}

function Condition({ effect, set, model }: PartProps & { model: Model }) {
  const { when, of, comparison, bound, region } = effect;
  const names = when === "metric" ? model.metrics : model.variables;
  const pick = (next: string) => {
    const first = (next === "metric" ? model.metrics : model.variables)[0]?.name ?? "";
    set({ when: next as EffectDraft["when"], of: next === "" ? "" : first });
  };
  return (
    <>
      <Select label="It begins" value={when} onPick={pick}
        options={[{ value: "", text: "whatever else is" }, { value: "metric", text: "once a metric is so" }, { value: "variable", text: "once a variable is so" }]} />
      {when !== "" && (
        <>
          <Select label={when === "metric" ? "Metric" : "Looked at"} value={of} onPick={(name) => set({ of: name })}
            options={names.map(({ name }) => ({ value: name, text: title(name) }))} />
          <Select label="Comparison" value={comparison} onPick={(next) => set({ comparison: next })}
            options={COMPARISONS.map((each) => ({ value: each, text: SIGNS[each] }))} />
          <NumberInput label="Bound" value={bound} min={-Infinity} max={Infinity} placeholder="0.1" onInput={(text) => set({ bound: text })} />
          <TextInput label="In region" value={region} placeholder="all of them" onInput={(text) => set({ region: text })} />
        </>
      )}
    </>
  );
}

const SIGNS = { ">=": "at least", ">": "above", "<=": "at most", "<": "below", "==": "equal to", "!=": "not" } as const;
