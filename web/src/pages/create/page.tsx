// The form for a new run, made from the model's own description: parameters from its JSON schema, shifts from its variables.
// It shows the request that it makes, so that what is done here can be done by a script.
import { useEffect, useState } from "preact/hooks";
import { ApiError, post, words } from "../../api/client";
import { says } from "../../api/features";
import { write } from "../../api/json";
import { useGet } from "../../api/use";
import type { DatasetItem, Model, RegionRow, Run } from "../../api/types";
import { currentProject, rememberProject } from "../../lib/project";
import { Card } from "../../parts/bits";
import { complain, Loading, Problem } from "../../parts/notes";
import { go, href, route } from "../../router";
import { EffectsPart } from "./effects-part";
import { useParents } from "./parent";
import { Basics, Environment, NetworkPart, Parameters } from "./parts";
import { TargetsPart } from "./targets-part";
import { JourneyPart } from "./journey-part";
import { isNothing, type Kept } from "./kept";
import { useRegions } from "./regions";
import { type Change, type Draft, draftLike, emptyDraft, isSound, requestOf } from "./request";

interface Datasets {
  items: DatasetItem[];
  bundled: string[];
}

/** The page. */
export function CreatePage() {
  const like = route.value.query.get("like");
  const models = useGet<Model[]>("/models");
  const datasets = useGet<Datasets>("/datasets").data;
  const origin = useGet<Run>(like ? `/runs/${encodeURIComponent(like)}` : null);
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(currentProject()));
  useEffect(() => {
    if (origin.data) setDraft(draftLike(origin.data.config, origin.data.name, origin.data.project_id));
  }, [origin.data]);
  const regions = useRegions(draft, datasets?.items);
  if (models.error && !models.data) return <Problem error={models.error} retry={models.reload} />;
  const model = models.data?.find(({ name }) => name === draft.model) ?? models.data?.[0];
  if (!models.data || !model || (like && !origin.data && !origin.error)) return <Loading lines={8} />;
  const names = [...new Set([...(datasets?.bundled ?? ["us-2020"]), ...(datasets?.items ?? []).map(({ name }) => name), draft.dataset])];
  return (
    <>
      <header class="head">
        <h1>New run</h1>
      </header>
      <Form draft={draft} change={(more) => setDraft((before) => ({ ...before, ...(typeof more === "function" ? more(before) : more) }))} model={model} models={models.data} datasets={names} regions={regions} />
    </>
  );
}

interface FormProps {
  draft: Draft;
  change: Change;
  model: Model;
  models: Model[];
  datasets: string[];
  regions: RegionRow[] | null;
}

function Form({ draft, change, model, models, datasets, regions }: FormProps) {
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const sound = isSound(draft, model);
  const parents = useParents(draft, change);
  const { journey } = draft;
  const send = async (start: boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      rememberProject(draft.project);
      await create(draft, model, start);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const request = requestOf(draft, model, true);
  const field = problem instanceof ApiError ? problem.field : null;
  return (
    <form class="create" noValidate onSubmit={(event) => (event.preventDefault(), sound && void send(true))}>
      <div class="columns">
        <div class="main">
          <Basics draft={draft} change={change} models={models} model={model} datasets={datasets} field={field} problem={problem} parents={parents} />
          {journey && <JourneyPart draft={draft} journey={journey} change={change} model={model} regions={regions} />}
          <Environment draft={draft} change={change} model={model} />
          <EffectsPart draft={draft} change={change} model={model} regions={regions} />
          {/* A child has the named agents of its parent. */}
          {says("RunConfig", "targets") && draft.parent === "" && !journey && <TargetsPart draft={draft} change={change} model={model} regions={regions} />}
          {!journey?.society && <Parameters draft={draft} change={change} model={model} />}
          {!journey?.society && <NetworkPart draft={draft} change={change} />}
          {!isNothing(draft.kept) && <KeptPart kept={draft.kept} onDrop={() => change({ kept: {} })} />}
        </div>
        <div class="side sticky">
          <Card title="Request">
            <p class="muted small">
              What is sent: <code>POST /api/v1{request.path}</code>. What is left out is as by default.
            </p>
            <pre tabIndex={0} aria-label="The body of the request">{write(request.body, 2)}</pre>
            {problem !== null && (
              <div class="fault" role="alert">
                {problem instanceof ApiError && <strong class="mono">{problem.code}</strong>}
                <span>{words(problem)}</span>
              </div>
            )}
            {!sound && <p class="wrong">A field is empty that must not be, or out of its range.</p>}
            <div class="buttons">
              <button type="button" class="button" disabled={busy || !sound} onClick={() => void send(false)}>
                Create only
              </button>
              <button type="submit" class="button primary" disabled={busy || !sound}>
                Create and start
              </button>
            </div>
          </Card>
        </div>
      </div>
    </form>
  );
}

/** What the form has no fields for, as it is sent. */
function KeptPart({ kept, onDrop }: { kept: Kept; onDrop: () => void }) {
  return (
    <Card title="Kept" aside={<button type="button" class="link small" onClick={onDrop}>Leave it out</button>}>
      <p class="muted">The run that this one is like has this besides. The form has no fields for it, and sends it as it is.</p>
      <pre tabIndex={0} aria-label="What is kept">{write(kept, 2)}</pre>
    </Card>
  );
}

interface Made {
  id?: string;
  runs?: { id: string }[];
}

/** Creates what the draft says and goes there: to the run's page, or to the comparison of a batch's runs. */
async function create(draft: Draft, model: Model, start: boolean): Promise<void> {
  const { path, body } = requestOf(draft, model, start);
  const made = await post<Made>(path, body);
  if (made.runs) return go(href("compare", { runs: made.runs.map(({ id }) => id).join(",") }));
  if (start) {
    // A run that is created and cannot be started now is there all the same; a note says why it waits.
    await post(`/runs/${made.id}/start`).catch(complain);
  }
  go(href(`runs/${made.id}`));
}
