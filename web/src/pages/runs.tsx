// The runs of the server: found by status, kind and project, sorted, page by page, with how far the running ones are. Up to
// four can be ticked off and compared.
import { says } from "../api/features";
import { useGet } from "../api/use";
import type { Run, RunItem, RunList, Status } from "../api/types";
import { duration, shortId } from "../lib/format";
import { Ago, Bar, Choice, StatusMark } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Blank, Loading, Problem } from "../parts/notes";
import { Tray, usePicked } from "../parts/pick";
import { go, href, route } from "../router";

const PAGE = 20;
const LIVE_MS = 2_000;
const STATUSES = ["", "running", "queued", "paused", "succeeded", "failed", "cancelled"] as const;
const SORTS: readonly { value: string; text: string }[] = [
  { value: "-created_at", text: "Newest first" },
  { value: "created_at", text: "Oldest first" },
  { value: "name", text: "Name" },
  { value: "status", text: "Status" },
  { value: "-duration_seconds", text: "Longest first" },
  { value: "duration_seconds", text: "Shortest first" },
];

/** What is asked for, as the address has it. */
function asked() {
  const { query } = route.value;
  const text = (name: string) => query.get(name) ?? "";
  return {
    status: text("status"),
    mode: text("mode"),
    project: text("project"),
    sort: text("sort") || "-created_at",
    page: Math.max(1, Number(text("page")) || 1),
  };
}

type Asked = ReturnType<typeof asked>;

function change(more: Partial<Asked>): void {
  const next = { ...asked(), page: 1, ...more };
  go(href("runs", { ...next, sort: next.sort === "-created_at" ? "" : next.sort, page: next.page === 1 ? "" : next.page }), true);
}

/** The page. */
export function RunsPage() {
  const now = asked();
  const query = new URLSearchParams({ skip: String((now.page - 1) * PAGE), limit: String(PAGE), sort: now.sort });
  if (now.status) query.set("status", now.status);
  if (now.mode) query.set("mode", now.mode);
  if (now.project) query.set("project_id", now.project);
  const { data, error, reload } = useGet<RunList>(`/runs?${query}`, LIVE_MS);
  const picked = usePicked();
  return (
    <>
      <header class="head">
        <h1>Runs</h1>
        {data && <span class="muted">{data.total === 1 ? "1 run" : `${data.total} runs`}</span>}
        <a class="button primary right" href={href("new")}>
          <Icon name="plus" /> New run
        </a>
      </header>
      <Filters now={now} />
      {error && !data ? <Problem error={error} retry={reload} /> : !data ? <Loading lines={6} /> : <Table list={data} picked={picked.ids} onPick={picked.toggle} now={now} />}
      {data && data.pages > 1 && <Pages list={data} now={now} />}
      <Tray picked={picked} of="runs" label="Selected runs" />
    </>
  );
}

function Filters({ now }: { now: Asked }) {
  return (
    <div class="filters">
      <Choice
        label="Status"
        name="status"
        value={now.status as (typeof STATUSES)[number]}
        options={STATUSES.map((value) => ({ value, text: value === "" ? "All" : value }))}
        onPick={(status) => change({ status })}
      />
      <label class="inline">
        Kind
        <select value={now.mode} onChange={(event) => change({ mode: event.currentTarget.value })}>
          <option value="">all</option>
          <option value="society">society</option>
          {says("RunConfig", "targets") && <option value="hybrid">hybrid</option>}
          {says("RunConfig", "target") && <option value="target">target</option>}
          <option value="experiment">experiment</option>
        </select>
      </label>
      <label class="inline">
        Sort
        <select value={now.sort} onChange={(event) => change({ sort: event.currentTarget.value })}>
          {SORTS.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {now.project && (
        <button type="button" class="chip" onClick={() => change({ project: "" })} title="Show all projects">
          project {shortId(now.project)} <span aria-hidden="true">×</span>
          <span class="hidden">, show all projects</span>
        </button>
      )}
    </div>
  );
}

function Table(props: { list: RunList; picked: string[]; onPick: (id: string) => void; now: Asked }) {
  const { list, picked, onPick, now } = props;
  if (list.items.length === 0) {
    const narrowed = now.status || now.mode || now.project;
    return (
      <Blank title={narrowed ? "No run is like this." : "No runs yet."}>
        {narrowed ? (
          <button type="button" class="button" onClick={() => change({ status: "", mode: "", project: "" })}>
            Show all runs
          </button>
        ) : (
          <>
            <p class="muted">A run steps a society, tick by tick, and answers with adoption, sentiment and trends.</p>
            <a class="button primary" href={href("new")}>
              Create the first run
            </a>
          </>
        )}
      </Blank>
    );
  }
  // Where all are of one project, its name says nothing.
  const several = new Set(list.items.map(({ project_id }) => project_id)).size > 1;
  return (
    <table class="sheet runs">
      <thead>
        <tr>
          <th class="tick"><span class="hidden">Compare</span></th>
          <th>Name</th>
          <th>Status</th>
          {several && <th class="far">Project</th>}
          <th>Created</th>
          <th class="number">Duration</th>
        </tr>
      </thead>
      <tbody>
        {list.items.map((run) => (
          <Row key={run.id} run={run} picked={picked.includes(run.id)} onPick={onPick} project={several} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  run: RunItem;
  picked: boolean;
  onPick: (id: string) => void;
  /** Whether its project is shown. */
  project: boolean;
}

function Row({ run, picked, onPick, project }: RowProps) {
  const { id, name, mode, status, created_at, duration_seconds, forked_from, project_id } = run;
  return (
    <tr class={picked ? "picked" : ""}>
      <td class="tick">
        <input type="checkbox" checked={picked} onChange={() => onPick(id)} aria-label={`Select ${name} to compare`} />
      </td>
      <td class="name">
        <a href={href(`runs/${id}`)}>{name}</a>
        <span class="muted small">
          {shortId(id)}
          {mode !== "society" && ` · ${mode}`}
          {forked_from && ` · forked at tick ${forked_from.tick}`}
        </span>
      </td>
      <td class="state">
        {status === "running" || status === "paused" ? <Live id={id} status={status} /> : <StatusMark status={status} />}
      </td>
      {project && (
        <td class="far">
          <button type="button" class="link mono small" onClick={() => change({ project: project_id })} title={`Only runs of project ${project_id}`}>
            {shortId(project_id)}
          </button>
        </td>
      )}
      <td class="when"><Ago time={created_at} /></td>
      <td class="number">{duration(duration_seconds)}</td>
    </tr>
  );
}

/** A run that goes on, with how far it is. */
function Live({ id, status }: { id: string; status: Status }) {
  const { data } = useGet<Run>(`/runs/${id}`, status === "running" ? LIVE_MS : 0);
  const percent = data?.progress.percent_complete ?? 0;
  return (
    <>
      <StatusMark status={data?.status ?? status} />
      <Bar percent={percent} label="Ticks completed" status={status} />
    </>
  );
}

function Pages({ list, now }: { list: RunList; now: Asked }) {
  return (
    <nav class="pages" aria-label="Pages">
      <button type="button" class="button" disabled={now.page <= 1} onClick={() => change({ page: now.page - 1 })}>
        Previous
      </button>
      <span class="muted">
        Page {now.page} of {list.pages}
      </span>
      <button type="button" class="button" disabled={now.page >= list.pages} onClick={() => change({ page: now.page + 1 })}>
        Next
      </button>
    </nav>
  );
}
