// An event script: its name and its effects, as in the form of a run; ticks count from the script's beginning.
import { useEffect, useState } from "preact/hooks";
import type { Script } from "../../api/event";
import type { Model } from "../../api/types";
import { useGet } from "../../api/use";
import { Card } from "../../parts/bits";
import { TextInput } from "../../parts/field";
import { Loading, Problem } from "../../parts/notes";
import { useProject } from "../../parts/project";
import { href } from "../../router";
import { draftOf, type EffectDraft, effectOf, emptyEffect, isSoundEffect } from "../create/effects";
import { EffectList } from "../create/effects-part";
import { Editor, usePresent } from "./editor";

/** The page of the script with this id, or of a new one. */
export function ScriptPage({ id }: { id: string | null }) {
  const { data, error, reload } = useGet<Script>(id && `/event-scripts/${encodeURIComponent(id)}`);
  const models = useGet<Model[]>("/models");
  const { project } = useProject();
  const failed = error ?? models.error;
  if (failed && (!models.data || (id && !data))) return <Problem error={failed} retry={reload} back={<a class="button" href={href("events")}>To the events</a>} />;
  const of = data?.project_id ?? project;
  if (!models.data || !of || (id && !data)) return <Loading lines={6} />;
  return <Fields read={data} models={models.data} project={of} reload={reload} />;
}

function Fields({ read, models, project, reload }: { read: Script | null; models: Model[]; project: string; reload: () => void }) {
  const { known, typed, onSaved } = usePresent(read);
  const [tried, setTried] = useState(() => knowing(models, known));
  const model = models.find(({ name }) => name === tried) ?? models[0];
  const [name, setName] = useState("");
  const [effects, setEffects] = useState<EffectDraft[]>(() => (model ? [emptyEffect(model)] : []));
  useEffect(() => {
    if (!known || typed(known)) return;
    setName(known.name);
    setEffects(known.effects.map(draftOf));
  }, [known]);
  if (!model) return null;
  const sound = name.trim() !== "" && effects.length > 0 && effects.every(isSoundEffect);
  return (
    <>
      <nav class="crumbs" aria-label="Where you are"><a href={href("events", { project })}>Events</a> <span aria-hidden="true">/</span> script</nav>
      <header class="head"><h1>{known?.name ?? "New script"}</h1></header>
      <div class="columns">
        <div class="main">
          <Card title="What happens" aside={<span class="muted small">ticks count from the script&rsquo;s beginning</span>}>
            <div class="grid"><TextInput label="Name" value={name} placeholder="Fuel shock" onInput={setName} /></div>
            <EffectList effects={effects} model={model} onChange={setEffects} add="Add an effect" />
            {known && <p class="hint">{known.lasts_ticks === null ? "Something of it has no end." : `From tick ${known.lasts_ticks} on nothing of it is felt.`}</p>}
          </Card>
        </div>
        <Editor path="/event-scripts" place="events/scripts" what="script" project={project} known={known} sound={sound} models={models} model={model.name}
          onModel={setTried} reload={reload} onSaved={onSaved} body={{ name: name.trim(), effects: effects.map(effectOf) }} />
      </div>
    </>
  );
}

/** The model that a script is tried in at first: the default one, unless it lacks a variable of the script and another one has all. */
function knowing(models: Model[], script: Script | null): string {
  const knows = ({ variables }: Model) => (script?.effects ?? []).every(({ variable }) => variables.some(({ name }) => name === variable));
  const usual = models.find(({ name }) => name === "society") ?? models[0];
  return (usual && knows(usual) ? usual : (models.find(knows) ?? usual))?.name ?? "";
}
