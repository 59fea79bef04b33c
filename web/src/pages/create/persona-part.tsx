// What the form asks of somebody, be it an agent with a name or a persona that is copied: the traits that it is born with, and
// the state that it is to reach.
import type { Model, RegionRow, Trait } from "../../api/types";
import { title } from "../../lib/format";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { wrongRegions } from "./regions";
import { boundsOf, choicesOf, COMPARISONS, type ConditionDraft, emptyCondition, MOST_CONDITIONS, pickCondition, traitOf } from "./targets";

interface RegionProps {
  value: string;
  regions: readonly RegionRow[] | null;
  placeholder: string;
  hint?: string;
  onInput: (code: string) => void;
}

/** The region that somebody lives in. */
export function RegionField({ value, regions, placeholder, hint, onInput }: RegionProps) {
  const wrong = value.includes(",") ? "must be one region" : wrongRegions(value, regions);
  return (
    <TextInput label="Region" value={value} placeholder={placeholder} hint={hint} problem={wrong} onInput={onInput}
      suggested={regions?.map(({ code, name }) => ({ value: code, text: name }))} />
  );
}

interface BirthProps {
  model: Model;
  /** By trait. */
  traits: Record<string, string>;
  onChange: (traits: Record<string, string>) => void;
}

/** The traits that can be given. */
export function BirthFields({ model, traits, onChange }: BirthProps) {
  const settable = (model.traits ?? []).filter((trait) => trait.settable);
  if (settable.length === 0) return null;
  return (
    <>
      <h3>Born with</h3>
      <div class="grid narrow">
        {settable.map((trait) => (
          <TraitField key={trait.name} trait={trait} value={traits[trait.name] ?? ""} onInput={(text) => onChange({ ...traits, [trait.name]: text })} />
        ))}
      </div>
    </>
  );
}

/** A trait that an agent is born with; empty leaves it to the model. */
function TraitField({ trait, value, onInput }: { trait: Trait; value: string; onInput: (text: string) => void }) {
  const choices = choicesOf(trait);
  const bounds = boundsOf(trait);
  return choices ? (
    <Select label={title(trait.name)} value={value} options={[{ value: "", text: "by the model" }, ...choices]} onPick={onInput} />
  ) : (
    <NumberInput label={title(trait.name)} value={value} {...bounds} placeholder={`${bounds.min} to ${bounds.max}`} onInput={onInput} />
  );
}

interface GoalProps {
  model: Model;
  goal: ConditionDraft[];
  onChange: (goal: ConditionDraft[]) => void;
  /** Whether there must be one. */
  required?: boolean;
}

/** The conditions of a goal, and the way to one more. */
export function GoalFields({ model, goal, onChange, required = false }: GoalProps) {
  return (
    <>
      {goal.length > 0 && <h3>Its goal, noted when all of it holds</h3>}
      {goal.map((condition, i) => (
        <ConditionFields key={i} condition={condition} model={model} onChange={(now) => onChange(goal.map((each, at) => (at === i ? now : each)))}
          onRemove={required && goal.length === 1 ? null : () => onChange(goal.filter((_, other) => other !== i))} />
      ))}
      <button type="button" class="button small" disabled={goal.length >= MOST_CONDITIONS} onClick={() => onChange([...goal, emptyCondition(model)])}>
        <Icon name="plus" /> {goal.length === 0 ? "Add a goal" : "And also"}
      </button>
    </>
  );
}

interface ConditionProps {
  condition: ConditionDraft;
  model: Model;
  onChange: (now: ConditionDraft) => void;
  /** Null where it must stay. */
  onRemove: (() => void) | null;
}

function ConditionFields({ condition, model, onChange, onRemove }: ConditionProps) {
  const choices = choicesOf(traitOf(model, condition));
  const names = [
    ...(model.traits ?? []).map(({ name }) => ({ value: `trait ${name}`, text: title(name) })),
    ...model.metrics.map(({ name }) => ({ value: `metric ${name}`, text: `its part in ${name.replace(/_/g, " ")}` })),
  ];
  const pick = (value: string) => {
    const [of = "trait", name = ""] = value.split(" ");
    onChange(pickCondition(model, of as ConditionDraft["of"], name));
  };
  const set = (value: string) => onChange({ ...condition, value });
  return (
    <div class="grid narrow">
      <Select label="What" value={`${condition.of} ${condition.name}`} options={names} onPick={pick} />
      {!choices && (
        <Select label="Compared" value={condition.comparison} options={COMPARISONS.map(({ name, text }) => ({ value: name, text }))}
          onPick={(comparison) => onChange({ ...condition, comparison })} />
      )}
      {choices ? (
        <Select label="Is" value={condition.value} options={[{ value: "", text: "choose" }, ...choices]} onPick={set} />
      ) : (
        <NumberInput label="Bound" value={condition.value} min={-Infinity} max={Infinity} onInput={set} />
      )}
      {onRemove && <button type="button" class="button small quiet low" onClick={onRemove}>Remove</button>}
    </div>
  );
}
