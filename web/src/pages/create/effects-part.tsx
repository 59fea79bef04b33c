// The part of the form for what happens to variables on the way: windows of shifts and effects, each with what it does, when
// and where, how strong it is over time, and what must hold for it to begin.
import type { Bundle, Page } from "../../api/event";
import { can } from "../../api/features";
import type { Model, RegionRow } from "../../api/types";
import { useGet } from "../../api/use";
import { title } from "../../lib/format";
import { isUuid } from "../../lib/project";
import { deeds, type Effect } from "../../lib/scenario";
import { Card } from "../../parts/bits";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { COMPARISONS, type EffectDraft, effectOf, emptyEffect, isSoundEffect, OPERATIONS, rangeOf, SHAPES, WINDOW, wrongPoints, wrongWindow } from "./effects";
import { emptyBundle, withoutBundle } from "./bundle";
import { wrongRegions } from "./regions";
import type { Draft } from "./request";

interface Props {
  draft: Draft;
  change: (more: Partial<Draft>) => void;
  model: Model;
  regions: readonly RegionRow[] | null;
}

/** As many as a run may have. */
const MOST_EFFECTS = 256;

/** The card. */
export function EffectsPart({ draft, change, model, regions }: Props) {
  if (model.variables.length === 0) return null;
  return (
    <Card title="Events on the way" aside={<span class="muted small">shifts for a while or some places, and effects</span>}>
      {draft.effects.length === 0 && draft.bundle.id === "" && <p class="muted">None. The scenario is the same from the first tick to the last.</p>}
      <EffectList effects={draft.effects} model={model} regions={regions} onChange={(effects) => change({ effects })} add="Add an event"
        onDrop={(id) => change({ effects: withoutBundle(draft.effects, id), ...(id === draft.bundle.id && { bundle: emptyBundle() }) })} />
      {can("/event-scripts/bundles") && <BundleChoice draft={draft} change={change} />}
    </Card>
  );
}

/** The bundle of event scripts that a run goes through besides. */
function BundleChoice({ draft: { project, bundle, effects }, change }: Omit<Props, "model" | "regions">) {
  const { data } = useGet<Page<Bundle>>(isUuid(project) ? `/event-scripts/bundles?project_id=${project}&limit=100` : null);
  const bundles = (data?.items ?? []).map(({ id, name }) => ({ value: id, text: name }));
  // The one of a run that is made like another stays, even where it is gone meanwhile: its effects are known.
  const known = bundle.id === "" || bundles.some(({ value }) => value === bundle.id);
  const options = [{ value: "", text: "none" }, ...bundles, ...(known ? [] : [{ value: bundle.id, text: "as that run had it" }])];
  const others = withoutBundle(effects, bundle.id);
  const pick = (id: string) => change({ effects: others, bundle: { ...emptyBundle(), id, attribution: bundle.attribution } });
  return (
    <div class="grid bundle">
      <Select label="Event bundle" value={bundle.id} options={options} onPick={pick}
        hint={others.length < effects.length ? "Its effects are those that the other run had." : "Scripts on a time line, after the events above."} />
      {bundle.id !== "" && (
        <label class="check">
          <input type="checkbox" checked={bundle.attribution} onChange={(event) => change({ bundle: { ...bundle, attribution: event.currentTarget.checked } })} />
          Tell its impact by a twin run without it, for twice the steps
        </label>
      )}
    </div>
  );
}

interface ListProps {
  effects: EffectDraft[];
  model: Model;
  /** Those of the data set; null where they are not known, as in a script. */
  regions?: readonly RegionRow[] | null;
  onChange: (effects: EffectDraft[]) => void;
  /** What the button says that adds one. */
  add: string;
  /** Takes out the effects of a bundle that another run had. */
  onDrop?: (bundle: string) => void;
}

/** Effects with their fields, and the way to one more. */
export function EffectList({ effects, model, regions = null, onChange, add, onDrop }: ListProps) {
  return (
    <>
      <ol class="effects">
        {effects.map((effect, i) => effect.kept ? <KeptEffect key={i} number={i + 1} effect={effect.kept} onDrop={onDrop} /> : (
          <EffectFields key={i} number={i + 1} effect={effect} model={model} regions={regions} onChange={(now) => onChange(effects.map((each, at) => (at === i ? now : each)))}
            onRemove={() => onChange(effects.filter((_, other) => other !== i))} />
        ))}
      </ol>
      <button type="button" class="button" disabled={effects.length >= MOST_EFFECTS} onClick={() => onChange([...effects, emptyEffect(model)])}>
        <Icon name="plus" /> {add}
      </button>
    </>
  );
}

/** One of a bundle's, as another run had it: told, not changed, for all of a bundle belong together. */
function KeptEffect({ number, effect, onDrop }: { number: number; effect: Effect; onDrop: ListProps["onDrop"] }) {
  const [said] = deeds({ effects: [effect] });
  return (
    <li>
      <div class="effect told">
        <header>
          <b class="number" aria-hidden="true">{number}</b>
          <span class="said"><b>{said?.name}</b> {said?.text}</span>
          <button type="button" class="button small quiet" onClick={() => onDrop?.(effect.cause?.event_bundle_id ?? "")}
            aria-label={`Remove its bundle, event ${number}`}>Remove its bundle</button>
        </header>
      </div>
    </li>
  );
}

interface FieldsProps {
  number: number;
  effect: EffectDraft;
  model: Model;
  regions: readonly RegionRow[] | null;
  onChange: (effect: EffectDraft) => void;
  onRemove: () => void;
}

/** The fields of one. */
function EffectFields({ number, effect, model, regions, onChange, onRemove }: FieldsProps) {
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
          <Select label="Variable" value={effect.variable} options={named(model.variables, effect.variable)} onPick={(variable) => set({ variable })} />
          <Select label="What happens to it" value={effect.operation} onPick={(operation) => set({ operation })}
            options={OPERATIONS.map(({ name, text }) => ({ value: name, text }))} />
          <NumberInput label="Value" value={effect.value} {...range} placeholder={`${range.min} to ${range.max}`} onInput={(value) => set({ value })} />
        </div>
        <div class="grid">
          <NumberInput label="From tick" value={effect.from} {...WINDOW.from} placeholder="0" onInput={(from) => set({ from })} />
          <NumberInput label="Until tick" value={effect.until} {...WINDOW.until} placeholder="the end" problem={wrongWindow(effect)} onInput={(until) => set({ until })} />
          <TextInput label="Regions" value={effect.regions} placeholder="all, or CA, OR, WA" problem={wrongRegions(effect.regions, regions)} onInput={(regions) => set({ regions })} />
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

/** What a model knows, and what was said, though it is another model's. */
function named(known: readonly { name: string }[], said: string): { value: string; text: string }[] {
  const foreign = said === "" || known.some(({ name }) => name === said) ? [] : [{ value: said, text: `${title(said)} (not of this model)` }];
  return [...known.map(({ name }) => ({ value: name, text: title(name) })), ...foreign];
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
          <Select label={when === "metric" ? "Metric" : "Looked at"} value={of} options={named(names, of)} onPick={(name) => set({ of: name })} />
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
