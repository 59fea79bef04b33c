// The parts of the form: what a run is of, what the scenario shifts, the model's parameters, who listens to whom.
import { useRef } from "preact/hooks";
import { ApiError } from "../../api/client";
import type { Model } from "../../api/types";
import { fieldsOf } from "../../lib/schema";
import { Card } from "../../parts/bits";
import { NumberInput, SeedInput, Select, TextInput } from "../../parts/field";
import { says } from "../../api/features";
import { emptyBundle, withoutBundle } from "./bundle";
import { emptyJourney, type JourneyDraft, journeyIn } from "./journey";
import { ofAnotherDataset, ofAnotherModel } from "./kept";
import type { Parents } from "./parent";
import { KEYFRAMES, SWITCHES, wrongSample } from "./record";
import { type Draft, LIMITS, NETWORK_FIELDS, NETWORKS, wrongNumber, wrongSeeds } from "./request";

interface PartProps {
  draft: Draft;
  change: (more: Partial<Draft>) => void;
}

/** Name, model, population, seed and length. */
export function Basics(props: PartProps & {
  models: Model[];
  model: Model;
  datasets: string[];
  /** The field that the server blames. */
  field: string | null;
  problem: unknown;
  parents: Parents;
}) {
  const { draft, change, models, model, datasets, field, problem, parents } = props;
  const blamed = (name: string) => (field?.endsWith(name) && problem instanceof ApiError ? problem.detail : null);
  const { journey, kept } = draft;
  // Copies in a recorded society have its model and its data set; a child has the question of its parent.
  const given = journey?.society ? "as in the society below" : null;
  const asks = draft.parent === "" && says("RunConfig", "target");
  // A journey that is not asked for stays as it is until it is again, as far as it fits what is there by then.
  const aside = useRef<{ journey: JourneyDraft; model: string; dataset: string } | null>(null);
  const keptAside = (): JourneyDraft => {
    if (!aside.current) return emptyJourney(model);
    const { journey: before, model: of, dataset } = aside.current;
    if (of !== model.name) return journeyIn(model, before);
    return dataset === draft.dataset ? before : { ...before, society: "" };
  };
  const pickAsked = (picked: string) => {
    if (journey) aside.current = { journey, model: model.name, dataset: draft.dataset };
    change({ journey: picked === "target" ? keptAside() : null });
  };
  const pickProject = (project: string) => change({
    project, parent: "",
    // A bundle is one of a project, unless its effects are those that another run had: it is not read again then.
    ...(draft.bundle.version === null && { bundle: emptyBundle(), effects: withoutBundle(draft.effects, draft.bundle.id) }),
  });
  const pickModel = (name: string) => {
    const next = models.find((each) => each.name === name);
    change({
      model: name, parameters: {}, deltas: {}, effects: [], bundle: emptyBundle(), targets: [], kept: ofAnotherModel(kept),
      journey: journey && next ? journeyIn(next, journey) : null,
    });
  };
  return (
    <Card title="What is simulated">
      <div class="grid">
        <label class="field wide">
          <span>Name</span>
          <input value={draft.name} maxLength={200} placeholder="Untitled run" onInput={(event) => change({ name: event.currentTarget.value })} />
        </label>
        {asks && (
          <Select label="What is asked" value={journey ? "target" : "society"} onPick={pickAsked}
            options={[{ value: "society", text: "the course of a society" }, { value: "target", text: "the journey of a persona" }]} />
        )}
        <Select label="Model" value={model.name} disabled={given !== null} hint={given ?? undefined} onPick={pickModel}
          options={models.map(({ name, version }) => ({ value: name, text: `${name.replace(/_/g, " ")} (version ${version})` }))} />
        <Select label="Data set" value={draft.dataset} disabled={given !== null} hint={given ?? undefined}
          onPick={(dataset) => change({ dataset, kept: ofAnotherDataset(kept) })} options={datasets.map((name) => ({ value: name, text: name }))} />
        {!journey && (
          <NumberInput label="Agents" value={draft.agents} placeholder="10000" {...LIMITS.agents} problem={blamed("agents")}
            hint="Shared out by population; leave it empty where the data set lists agents." onInput={(agents) => change({ agents })} />
        )}
        <NumberInput label="Ticks" value={draft.horizon} placeholder={given ? "as long as the society's" : "100"} {...LIMITS.horizon} problem={blamed("horizon_ticks")}
          hint="How long it runs, 1 to 1000." onInput={(horizon) => change({ horizon })} />
        <SeedInput value={draft.seed} placeholder="42" problem={wrongSeeds(draft) ?? blamed("seed")}
          hint="One seed, one answer." onInput={(seed) => change({ seed })} />
        <NumberInput label="Number of seeds" value={draft.seeds} placeholder="1" {...LIMITS.seeds} problem={wrongNumber(draft)}
          hint="More than one makes a batch, and its spread a band." onInput={(seeds) => change({ seeds })} />
        {parents.options.length > 0 && (
          <Select label="Below the scenario" value={draft.parent} onPick={parents.pick} options={[{ value: "", text: "none: a root of its own" }, ...parents.options]}
            hint={draft.parent ? "It has all that this scenario has, and what you say here besides." : "Makes it a child in the tree of scenarios."} />
        )}
      </div>
      <details>
        <summary>More</summary>
        <div class="grid">
          <label class="field wide">
            <span>Project</span>
            <input class="mono" value={draft.project} onInput={(event) => pickProject(event.currentTarget.value.trim())} />
          </label>
          {!given && (
            <>
              <Select label="Who acts in a tick" value={draft.activation} onPick={(activation) => change({ activation })}
                options={[{ value: "all", text: "all agents" }, { value: "one", text: "one agent, drawn at random" }]} />
              <NumberInput label="Sample rate" value={draft.sampleRate} placeholder="1" min={0} max={1}
                hint="Share of agents that act in a tick." onInput={(sampleRate) => change({ sampleRate })} />
            </>
          )}
          <NumberInput label="Snapshot every" unit="ticks" value={draft.snapshots} placeholder="as the server says" {...LIMITS.snapshots}
            hint="0 for none; never changes results." onInput={(snapshots) => change({ snapshots })} />
        </div>
      </details>
      <Telemetry draft={draft} change={change} />
    </Card>
  );
}

/** What is recorded of the run. */
function Telemetry({ draft: { record }, change }: PartProps) {
  const set = (more: Partial<Draft["record"]>) => change({ record: { ...record, ...more } });
  return (
    <details>
      <summary>Telemetry</summary>
      <div class="grid">
        {SWITCHES.map(({ name, label, hint }) => (
          <Select key={name} label={label} hint={hint} value={record.switches[name]}
            options={[{ value: "", text: "as the server says" }, { value: "yes", text: "yes" }, { value: "no", text: "no" }]}
            onPick={(value) => set({ switches: { ...record.switches, [name]: value as Draft["record"]["switches"][typeof name] } })} />
        ))}
        <NumberInput label="Keyframe every" unit="ticks" value={record.keyframeEvery} placeholder="as the server says" {...KEYFRAMES}
          hint="When agents are recorded; 0 for the first and the last tick." onInput={(keyframeEvery) => set({ keyframeEvery })} />
        <TextInput label="Agents recorded" value={record.sampleAgents} placeholder="as the server says" problem={wrongSample(record.sampleAgents)}
          hint="How many of them at keyframes, or all." onInput={(sampleAgents) => set({ sampleAgents })} />
      </div>
    </details>
  );
}

/** The scenario: shifts of the model's variables. */
export function Environment({ draft, change, model }: PartProps & { model: Model }) {
  if (model.variables.length === 0) return null;
  return (
    <Card title="Scenario" aside={<span class="muted small">{draft.parent ? "added to the scenario above" : "shifts from tick 0 on, everywhere"}</span>}>
      <div class="grid sliders">
        {model.variables.map(({ name, description, default: initial }) => (
          <NumberInput key={name} label={name.replace(/_/g, " ").replace(/^./, (first) => first.toUpperCase())} value={draft.deltas[name] ?? ""}
            placeholder="0" min={-1} max={1} step={0.05} slider hint={`${description}. Begins at ${initial}.`}
            onInput={(text) => change({ deltas: { ...draft.deltas, [name]: text } })} />
        ))}
      </div>
    </Card>
  );
}

/** The model's parameters, from its schema. */
export function Parameters({ draft, change, model }: PartProps & { model: Model }) {
  const fields = fieldsOf(model.parameters.properties);
  if (fields.length === 0) return null;
  return (
    <Card title="Parameters" aside={
      Object.keys(draft.parameters).length > 0 && (
        <button type="button" class="link small" onClick={() => change({ parameters: {} })}>Back to the defaults</button>
      )
    }>
      <div class="grid sliders">
        {fields.map((field) => {
          const text = draft.parameters[field.name] ?? "";
          const set = (value: string) => change({ parameters: { ...draft.parameters, [field.name]: value } });
          if (field.choice) {
            return (
              <label key={field.name} class="field">
                <span>{field.label}</span>
                <select value={text || String(field.initial)} onChange={(event) => set(event.currentTarget.value)}>
                  <option value="0">0</option>
                  <option value="1">1</option>
                </select>
                <p class="hint">{field.description}</p>
              </label>
            );
          }
          return (
            <NumberInput key={field.name} label={field.label} unit={field.unit} value={text} placeholder={String(field.initial)}
              min={field.min} max={field.max} step={field.step} whole={field.whole} slider={field.max - field.min <= 1000}
              hint={field.description} onInput={set} />
          );
        })}
      </div>
    </Card>
  );
}

/** Who listens to whom. */
export function NetworkPart({ draft, change }: PartProps) {
  const fields = NETWORK_FIELDS.filter(({ kinds }) => kinds.includes(draft.network));
  return (
    <Card title="Network">
      <div class="grid sliders">
        <label class="field">
          <span>Kind</span>
          <select value={draft.network} onChange={(event) => change({ network: event.currentTarget.value })}>
            {NETWORKS.map(({ kind }) => <option key={kind} value={kind}>{kind.replace(/_/g, " ")}</option>)}
          </select>
          <p class="hint">{NETWORKS.find(({ kind }) => kind === draft.network)?.hint}</p>
        </label>
        {fields.map(({ name, label, hint, min, max, initial }) => (
          <NumberInput key={name} label={label} hint={hint} value={draft.networkFields[name] ?? ""} placeholder={String(initial)}
            min={min} max={max} step={max <= 1 ? 0.01 : max <= 10 ? 0.1 : 1} slider
            onInput={(text) => change({ networkFields: { ...draft.networkFields, [name]: text } })} />
        ))}
      </div>
    </Card>
  );
}
