// The part of the form for named agents: who they are, what they are born with, and the state that is to be reached. With any
// of them the run is a hybrid one.
import type { Model, Trait } from "../../api/types";
import { title } from "../../lib/format";
import { Card } from "../../parts/bits";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import type { Draft } from "./request";
import { AGENT, boundsOf, choicesOf, COMPARISONS, type ConditionDraft, emptyCondition, emptyTarget, MOST_CONDITIONS, MOST_TARGETS, pickCondition, type TargetDraft, traitOf } from "./targets";

interface Props {
  draft: Draft;
  change: (more: Partial<Draft>) => void;
  model: Model;
}

/** The card. */
export function TargetsPart({ draft, change, model }: Props) {
  const { targets } = draft;
  const names = targets.map(({ name }) => name.trim());
  const put = (at: number, target: TargetDraft) => change({ targets: targets.map((each, i) => (i === at ? target : each)) });
  return (
    <Card title="Named agents" aside={<span class="muted small">whose way through the society is told</span>}>
      {targets.length === 0 && <p class="muted">None. The run tells what becomes of the society as a whole.</p>}
      <ol class="effects">
        {targets.map((target, i) => (
          <TargetFields key={i} number={i + 1} target={target} model={model} twice={names.indexOf(target.name.trim()) !== i} onChange={(now) => put(i, now)}
            onRemove={() => change({ targets: targets.filter((_, other) => other !== i) })} />
        ))}
      </ol>
      <button type="button" class="button" disabled={targets.length >= MOST_TARGETS} onClick={() => change({ targets: [...targets, emptyTarget()] })}>
        <Icon name="plus" /> Add an agent
      </button>
    </Card>
  );
}

interface FieldsProps {
  number: number;
  target: TargetDraft;
  model: Model;
  /** Another before it has its name. */
  twice: boolean;
  onChange: (target: TargetDraft) => void;
  onRemove: () => void;
}

function TargetFields({ number, target, model, twice, onChange, onRemove }: FieldsProps) {
  const set = (more: Partial<TargetDraft>) => onChange({ ...target, ...more });
  const settable = (model.traits ?? []).filter((trait) => trait.settable);
  const putGoal = (at: number, condition: ConditionDraft) => set({ goal: target.goal.map((each, i) => (i === at ? condition : each)) });
  return (
    <li>
      <fieldset class="effect">
        <legend class="hidden">Agent {number}</legend>
        <header>
          <b class="number" aria-hidden="true">{number}</b>
          <span class="said">{target.name.trim() ? <b>{target.name}</b> : <span class="muted">Who is it?</span>}</span>
          <button type="button" class="button small quiet" onClick={onRemove} aria-label={`Remove agent ${number}`}>Remove</button>
        </header>
        <div class="grid">
          <TextInput label="Agent's name" value={target.name} placeholder="Ada" problem={twice && target.name.trim() ? "is another agent's name" : null} onInput={(name) => set({ name })} />
          <TextInput label="Region" value={target.region} placeholder="any" onInput={(region) => set({ region })} />
          <TextInput label="Segment" value={target.segment} placeholder="any" onInput={(segment) => set({ segment })} />
          <NumberInput label="Agent's id" value={target.agent} {...AGENT} placeholder="the seed chooses" onInput={(agent) => set({ agent })} />
        </div>
        {settable.length > 0 && (
          <>
            <h3>Born with</h3>
            <div class="grid narrow">
              {settable.map((trait) => (
                <TraitField key={trait.name} trait={trait} value={target.traits[trait.name] ?? ""}
                  onInput={(text) => set({ traits: { ...target.traits, [trait.name]: text } })} />
              ))}
            </div>
          </>
        )}
        {target.goal.length > 0 && <h3>Its goal, noted when all of it holds</h3>}
        {target.goal.map((condition, i) => (
          <ConditionFields key={i} condition={condition} model={model} onChange={(now) => putGoal(i, now)}
            onRemove={() => set({ goal: target.goal.filter((_, other) => other !== i) })} />
        ))}
        <button type="button" class="button small" disabled={target.goal.length >= MOST_CONDITIONS} onClick={() => set({ goal: [...target.goal, emptyCondition(model)] })}>
          <Icon name="plus" /> {target.goal.length === 0 ? "Add a goal" : "And also"}
        </button>
      </fieldset>
    </li>
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

function ConditionFields({ condition, model, onChange, onRemove }: { condition: ConditionDraft; model: Model; onChange: (now: ConditionDraft) => void; onRemove: () => void }) {
  const trait = traitOf(model, condition);
  const choices = choicesOf(trait);
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
      <button type="button" class="button small quiet low" onClick={onRemove}>Remove</button>
    </div>
  );
}
