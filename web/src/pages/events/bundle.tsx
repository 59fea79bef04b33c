// A bundle: scripts of its project on a time line, side by side or one after the other.
import { useEffect, useState } from "preact/hooks";
import type { Bundle, Page, ScriptItem } from "../../api/event";
import type { Model } from "../../api/types";
import { useGet } from "../../api/use";
import { misfit } from "../../lib/schema";
import { Card } from "../../parts/bits";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Loading, Problem } from "../../parts/notes";
import { useProject } from "../../parts/project";
import { href } from "../../router";
import { Editor, usePresent } from "./editor";
import { MOST_LISTED } from "./page";

const OFFSET = { min: 0, max: 1000, whole: true } as const;
const MOST_STEPS = 64;

/** The page of the bundle with this id, or of a new one. */
export function BundlePage({ id }: { id: string | null }) {
  const { data, error, reload } = useGet<Bundle>(id && `/event-scripts/bundles/${encodeURIComponent(id)}`);
  const models = useGet<Model[]>("/models");
  const project = useProject().project;
  const of = data?.project_id ?? (id ? null : project);
  const scripts = useGet<Page<ScriptItem>>(of && `/event-scripts?project_id=${encodeURIComponent(of)}&limit=${MOST_LISTED}`);
  const failed = error ?? models.error ?? scripts.error;
  if (failed && (!models.data || !scripts.data)) return <Problem error={failed} retry={reload} back={<a class="button" href={href("events")}>To the events</a>} />;
  if (!models.data || !of || !scripts.data || (id && !data)) return <Loading lines={6} />;
  return <Fields read={data} models={models.data} scripts={scripts.data.items} project={of} reload={reload} />;
}

interface StepDraft {
  script: string;
  offset: string;
}

interface FieldsProps {
  read: Bundle | null;
  models: Model[];
  scripts: ScriptItem[];
  project: string;
  reload: () => void;
}

function Fields({ read, models, scripts, project, reload }: FieldsProps) {
  const { known, typed, onSaved } = usePresent(read);
  const [tried, setTried] = useState("society");
  const [name, setName] = useState("");
  const [order, setOrder] = useState<string>("parallel");
  const [steps, setSteps] = useState<StepDraft[]>([{ script: scripts[0]?.id ?? "", offset: "" }]);
  useEffect(() => {
    if (!known || typed(known)) return;
    setName(known.name);
    setOrder(known.order);
    setSteps(known.scripts.map(({ script_id, offset_ticks }) => ({ script: script_id, offset: offset_ticks === 0 ? "" : String(offset_ticks) })));
  }, [known]);
  // A script beyond the list that is shown keeps its place.
  const others = steps.filter(({ script }) => script && !scripts.some(({ id }) => id === script));
  const options = [...scripts.map(({ id, name: of }) => ({ value: id, text: of })), ...others.map(({ script }) => ({ value: script, text: script }))];
  const put = (at: number, more: Partial<StepDraft>) => setSteps(steps.map((step, i) => (i === at ? { ...step, ...more } : step)));
  const sound = name.trim() !== "" && steps.length > 0 && steps.every(({ script, offset }) => script !== "" && misfit(OFFSET, offset) === null);
  const body = { name: name.trim(), order, scripts: steps.map(({ script, offset }) => ({ script_id: script, offset_ticks: Number(offset || "0") })) };
  return (
    <>
      <nav class="crumbs" aria-label="Where you are"><a href={href("events", { project })}>Events</a> <span aria-hidden="true">/</span> bundle</nav>
      <header class="head"><h1>{known?.name ?? "New bundle"}</h1></header>
      <div class="columns">
        <div class="main">
          <Card title="Time line">
            <div class="grid">
              <TextInput label="Name" value={name} placeholder="A hard winter" onInput={setName} />
              <Select label="Order" value={order} onPick={setOrder} options={[{ value: "parallel", text: "each counted from the beginning" }, { value: "sequential", text: "one after the other" }]} />
            </div>
            <ol class="effects steps">
              {steps.map((step, i) => (
                <li key={i} class="effect grid">
                  <Select label={`Script ${i + 1}`} value={step.script} options={options} onPick={(script) => put(i, { script })} />
                  <NumberInput label={order === "sequential" ? "Pause before it" : "Begins at"} unit="ticks" value={step.offset} placeholder="0" {...OFFSET} onInput={(offset) => put(i, { offset })} />
                  <div class="low">
                    <button type="button" class="button small quiet" disabled={i === 0} aria-label={`Move up script ${i + 1}`} onClick={() => setSteps(movedUp(steps, i))}>Move up</button>
                    <button type="button" class="button small quiet" disabled={steps.length === 1} aria-label={`Remove script ${i + 1}`}
                      onClick={() => setSteps(steps.filter((_, other) => other !== i))}>Remove</button>
                  </div>
                </li>
              ))}
            </ol>
            <button type="button" class="button" disabled={steps.length >= MOST_STEPS} onClick={() => setSteps([...steps, { script: scripts[0]?.id ?? "", offset: "" }])}>
              <Icon name="plus" /> Add a script
            </button>
          </Card>
        </div>
        <Editor path="/event-scripts/bundles" place="events/bundles" what="bundle" project={project} known={known} sound={sound} models={models} model={tried}
          onModel={setTried} reload={reload} onSaved={onSaved} body={body} />
      </div>
    </>
  );
}

/** The steps with this one before the one that came before it. */
function movedUp(steps: readonly StepDraft[], at: number): StepDraft[] {
  const [moved, before] = [steps[at], steps[at - 1]];
  return steps.flatMap((step, i) => (i === at - 1 ? (moved ?? []) : i === at ? (before ?? []) : step));
}
