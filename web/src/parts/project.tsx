// Which project a page is about: the one of the address, else this browser's own, else that of the newest run.
import { useGet } from "../api/use";
import type { RunList } from "../api/types";
import { shortId } from "../lib/format";
import { currentProject } from "../lib/project";
import { go, href, route } from "../router";

/** The project, once it is known which there are, and all of them. */
export function useProject(): { project: string | null; projects: string[] } {
  const listed = useGet<RunList>("/runs?limit=100").data;
  const projects = [...new Set((listed?.items ?? []).map(({ project_id }) => project_id))];
  const own = currentProject();
  const wanted = route.value.query.get("project");
  const project = wanted ?? (projects.includes(own) ? own : (projects[0] ?? own));
  return { project: listed || wanted ? project : null, projects: wanted && !projects.includes(wanted) ? [wanted, ...projects] : projects };
}

/** The choice among them; nothing where there is none. `place` is the page that shows another. */
export function ProjectChoice({ project, projects, place }: { project: string | null; projects: string[]; place: string }) {
  if (projects.length < 2 || project === null) return null;
  return (
    <label class="inline right">
      Project
      <select value={project} onChange={(event) => go(href(place, { project: event.currentTarget.value }), true)}>
        {projects.map((id) => <option key={id} value={id}>{shortId(id)}</option>)}
      </select>
    </label>
  );
}
