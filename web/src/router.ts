// Where in the page the user is. Places stand behind the `#` of the address, so the server never sees them, and a reload or
// a shared link leads to the same place.
import { signal } from "@preact/signals";

export interface Route {
  /** The parts of the path: `#/runs/ID` is ["runs", "ID"]. */
  path: string[];
  query: URLSearchParams;
}

/** The route of an address's hash. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** Where the user is now. */
export const route = signal<Route>(parse(location.hash));

addEventListener("hashchange", () => {
  route.value = parse(location.hash);
});

/** The address of a place; empty values are left out of the query. */
export function href(path: string, query: Record<string, string | number | null | undefined> = {}): string {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

/** Goes to a place; `replace` leaves no step in the history, for filters and the like. */
export function go(to: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", to);
    route.value = parse(to);
  } else {
    location.hash = to;
  }
}
