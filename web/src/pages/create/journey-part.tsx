// The part of the form for the journey of one persona: who is copied and how often, the goal, and the society that the copies
// live in, which a run has recorded or which stays as the model makes it.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api/client";
import { useGet } from "../../api/use";
import type { Model, RegionRow, Run, RunList } from "../../api/types";
import { shortId } from "../../lib/format";
import { isUuid } from "../../lib/project";
import { Card } from "../../parts/bits";
import { NumberInput, Select, TextInput } from "../../parts/field";
import { complain } from "../../parts/notes";
import { COPIES, type JourneyDraft } from "./journey";
import { BirthFields, GoalFields, RegionField } from "./persona-part";
import type { Change, Draft } from "./request";
import { livingIn } from "./society";

interface Props {
  draft: Draft;
  journey: JourneyDraft;
  change: Change;
  model: Model;
  regions: readonly RegionRow[] | null;
}

/** The card. */
export function JourneyPart({ draft, journey, change, model, regions }: Props) {
  const set = (more: Partial<JourneyDraft>) => change({ journey: { ...journey, ...more } });
  return (
    <Card title="The journey" aside={<span class="muted small">of copies, each going its own way</span>}>
      <div class="journey">
        <div class="grid">
          <RegionField value={journey.region} regions={regions} placeholder="CA" hint="Where all copies live; a data set of one region needs none."
            onInput={(region) => set({ region })} />
          <TextInput label="Segment" value={journey.segment} placeholder="drawn for each copy" onInput={(segment) => set({ segment })} />
          <NumberInput label="Copies" value={journey.copies} placeholder="1000" {...COPIES} hint="More of them make the interval narrower." onInput={(copies) => set({ copies })} />
        </div>
        <BirthFields model={model} traits={journey.traits} onChange={(traits) => set({ traits })} />
        <GoalFields model={model} goal={journey.goal} onChange={(goal) => set({ goal })} required />
        <h3>The society around them</h3>
        <SocietyFields draft={draft} journey={journey} change={change} />
      </div>
    </Card>
  );
}

/** As many runs as are listed to choose from; the newest come first. */
const MOST_LISTED = 100;

function SocietyFields({ draft, journey, change }: Omit<Props, "model" | "regions">) {
  const { society, environment } = journey;
  // The run that was picked and is being read; what was picked before it, or is not shown any more, counts no longer.
  const [reading, setReading] = useState<string | null>(null);
  const last = useRef<string | null>(null);
  useEffect(() => () => void (last.current = null), []);
  const query = `project_id=${encodeURIComponent(draft.project)}&status=succeeded&limit=${MOST_LISTED}`;
  const { data } = useGet<RunList>(isUuid(draft.project) ? `/runs?${query}` : null);
  const runs = (data?.items ?? []).filter(({ mode }) => mode !== "target").map(({ id, name }) => ({ value: id, text: `${name} (${shortId(id)})` }));
  // The society of a run that is made like another stays, though it is beyond the list.
  const known = society === "" || runs.some(({ value }) => value === society);
  const options = [{ value: "", text: "none: it stays as the model makes it" }, ...runs, ...(known ? [] : [{ value: society, text: shortId(society) }])];
  const pick = (id: string) => {
    const read = id === "" ? null : id;
    last.current = read;
    setReading(read);
    if (read === null) return change({ journey: { ...journey, society: "" } });
    const late = () => last.current !== read;
    get<Run>(`/runs/${encodeURIComponent(read)}`).then(
      (run) => late() || (setReading(null), change((present) => livingIn(run, present))),
      (error) => late() || (setReading(null), complain(error)),
    );
  };
  return (
    <div class="grid">
      <Select label="Recorded by the run" value={reading ?? society} options={options} onPick={pick}
        hint={society ? "Model, data set, parameters and network are that run's." : "Copies meet what a run with telemetry by region has recorded."} />
      {society !== "" && (
        <Select label="Its environment" value={environment} onPick={(picked) => change({ journey: { ...journey, environment: picked as JourneyDraft["environment"] } })}
          options={[{ value: "recorded", text: "each tick as it was" }, { value: "mean", text: "in all ticks as it was on average" }]} />
      )}
    </div>
  );
}
