// The event scripts and bundles of a project: what there is, and the ways to write and change them.
import { useGet } from "../../api/use";
import type { Bundle, Page, ScriptItem } from "../../api/event";
import { Ago, Card } from "../../parts/bits";
import { Icon } from "../../parts/icon";
import { Blank, Loading, Problem } from "../../parts/notes";
import { ProjectChoice, useProject } from "../../parts/project";
import { href } from "../../router";

/** As many as a list gives at once; the newest come first. */
export const MOST_LISTED = 100;

/** The page. */
export function EventsPage() {
  const { project, projects } = useProject();
  const query = project && `project_id=${encodeURIComponent(project)}&limit=${MOST_LISTED}`;
  const scripts = useGet<Page<ScriptItem>>(query && `/event-scripts?${query}`);
  const bundles = useGet<Page<Bundle>>(query && `/event-scripts/bundles?${query}`);
  const error = scripts.error ?? bundles.error;
  const names = new Map(scripts.data?.items.map(({ id, name }) => [id, name]));
  return (
    <>
      <header class="head">
        <h1>Events</h1>
        <ProjectChoice project={project} projects={projects} place="events" />
      </header>
      {error && !scripts.data ? <Problem error={error} retry={() => (scripts.reload(), bundles.reload())} /> : !scripts.data || !bundles.data ? <Loading lines={5} /> : (
        <div class="stack">
          <Card title="Bundles" aside={<Add place="bundles" project={project} disabled={scripts.data.total === 0} text="New bundle" />}>
            {bundles.data.items.length === 0 ? <p class="muted">None yet. A bundle puts scripts on a time line, and runs go through it.</p> : (
              <ul class="kept">
                {bundles.data.items.map((bundle) => (
                  <li key={bundle.id}>
                    <a href={href(`events/bundles/${bundle.id}`)}>{bundle.name}</a>
                    <span class="muted small">
                      {bundle.order === "sequential" ? "one after the other: " : ""}
                      {bundle.scripts.map(({ script_id, offset_ticks }) => `${names.get(script_id) ?? "a script"} +${offset_ticks}`).join(", ")}
                    </span>
                    <Changed version={bundle.version} time={bundle.updated_at} />
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Scripts" aside={<Add place="scripts" project={project} text="New script" />}>
            {scripts.data.items.length === 0 ? (
              <Blank title="No scripts yet.">
                <p class="muted">A script is a list of effects under a name, such as a shock and its echo, written once and used in many runs.</p>
                <a class="button primary" href={href("events/scripts/new", { project })}>Write the first script</a>
              </Blank>
            ) : (
              <ul class="kept">
                {scripts.data.items.map(({ id, name, effect_count, version, updated_at }) => (
                  <li key={id}>
                    <a href={href(`events/scripts/${id}`)}>{name}</a>
                    <span class="muted small">{effect_count === 1 ? "1 effect" : `${effect_count} effects`}</span>
                    <Changed version={version} time={updated_at} />
                  </li>
                ))}
              </ul>
            )}
            {scripts.data.total > MOST_LISTED && <p class="hint">The newest {MOST_LISTED} of {scripts.data.total} are shown.</p>}
          </Card>
        </div>
      )}
    </>
  );
}

function Add({ place, project, text, disabled = false }: { place: string; project: string | null; text: string; disabled?: boolean }) {
  if (disabled) return <span class="muted small">write a script first</span>;
  return <a class="button small" href={href(`events/${place}/new`, { project })}><Icon name="plus" /> {text}</a>;
}

function Changed({ version, time }: { version: number; time: string }) {
  return <span class="muted small when">version {version}, <Ago time={time} /></span>;
}
