// The part of the form for named agents: who they are, what they are born with, and the state that is to be reached. With any
// of them the run is a hybrid one.
import type { Model, RegionRow } from "../../api/types";
import { Card } from "../../parts/bits";
import { NumberInput, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { BirthFields, GoalFields, RegionField } from "./persona-part";
import type { Draft } from "./request";
import { AGENT, emptyTarget, MOST_TARGETS, type TargetDraft } from "./targets";

interface Props {
  draft: Draft;
  change: (more: Partial<Draft>) => void;
  model: Model;
  regions: readonly RegionRow[] | null;
}

/** The card. */
export function TargetsPart({ draft, change, model, regions }: Props) {
  const { targets } = draft;
  const names = targets.map(({ name }) => name.trim());
  const put = (at: number, target: TargetDraft) => change({ targets: targets.map((each, i) => (i === at ? target : each)) });
  return (
    <Card title="Named agents" aside={<span class="muted small">whose way through the society is told</span>}>
      {targets.length === 0 && <p class="muted">None. The run tells what becomes of the society as a whole.</p>}
      <ol class="effects">
        {targets.map((target, i) => (
          <TargetFields key={i} number={i + 1} target={target} model={model} regions={regions} twice={names.indexOf(target.name.trim()) !== i} onChange={(now) => put(i, now)}
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
  regions: readonly RegionRow[] | null;
  /** Another before it has its name. */
  twice: boolean;
  onChange: (target: TargetDraft) => void;
  onRemove: () => void;
}

function TargetFields({ number, target, model, regions, twice, onChange, onRemove }: FieldsProps) {
  const set = (more: Partial<TargetDraft>) => onChange({ ...target, ...more });
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
          <RegionField value={target.region} regions={regions} placeholder="any" onInput={(region) => set({ region })} />
          <TextInput label="Segment" value={target.segment} placeholder="any" onInput={(segment) => set({ segment })} />
          <NumberInput label="Agent's id" value={target.agent} {...AGENT} placeholder="the seed chooses" onInput={(agent) => set({ agent })} />
        </div>
        <BirthFields model={model} traits={target.traits} onChange={(traits) => set({ traits })} />
        <GoalFields model={model} goal={target.goal} onChange={(goal) => set({ goal })} />
      </fieldset>
    </li>
  );
}
