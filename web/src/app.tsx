// The page's frame: head, navigation, the place where the user is, and what is said of the connection and of keys.
import { useEffect, useErrorBoundary, useRef } from "preact/hooks";
import { reachable } from "./api/client";
import { can, learn, paths, version } from "./api/features";
import { forgetKey, key, refused } from "./api/key";
import { dark, toggleTheme } from "./lib/theme";
import { Icon } from "./parts/icon";
import { Blank, Notes, Problem } from "./parts/notes";
import { ComparePage } from "./pages/compare/page";
import { CreatePage } from "./pages/create/page";
import { BundlePage } from "./pages/events/bundle";
import { EventsPage } from "./pages/events/page";
import { ScriptPage } from "./pages/events/script";
import { KeyPage } from "./pages/key";
import { KeysPage } from "./pages/keys";
import { NodePage } from "./pages/nodes/node";
import { NodesPage } from "./pages/nodes/page";
import { RunPage } from "./pages/run/page";
import { RunsPage } from "./pages/runs";
import { href, type Route, route } from "./router";

const HEALTH_MS = 1_500;

/** The whole page. */
export function App() {
  const main = useRef<HTMLElement>(null);
  const { path } = route.value;
  const place = path.join("/");
  useHealth();
  useEffect(() => {
    void learn().catch(() => undefined);
  }, [reachable.value]);
  useEffect(() => {
    document.title = path[0] && path[0] !== "runs" ? `${path[0]} \u2013 civitas` : "civitas";
    scrollTo(0, 0);
    // On a phone there may be more places than fit beside each other; scrollIntoView would begin the keyboard's way there.
    const here = document.querySelector<HTMLElement>(".top nav [aria-current]");
    here?.parentElement?.scrollTo(here.offsetLeft + here.offsetWidth - here.parentElement.offsetLeft - here.parentElement.clientWidth, 0);
    // Who goes on by keyboard goes on from the page's beginning, not from where the last one was left.
    if (document.activeElement !== document.body) main.current?.focus({ preventScroll: true });
  }, [place]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <Head path={path} />
      {!reachable.value && (
        <div class="banner" role="alert">
          The server cannot be reached. Trying again &hellip;
        </div>
      )}
      <main id="main" ref={main} tabIndex={-1}>
        {refused.value ? <KeyPage /> : <Guarded key={place} />}
      </main>
      <Foot />
      <Notes />
    </>
  );
}

/** What else this server has to read. */
function Foot() {
  return (
    <footer class="foot muted small">
      {version.value && <span>civitas {version.value}</span>}
      <a href="/docs/api">The API, request by request</a>
      <a href="/api/v1/openapi.json">OpenAPI document</a>
      <a href="/licences.txt">Licences</a>
    </footer>
  );
}

/** Asks a server that is away whether it is back. */
function useHealth(): void {
  const away = !reachable.value;
  useEffect(() => {
    if (!away) return;
    const timer = setInterval(() => {
      fetch("/health", { cache: "no-store" }).then(() => (reachable.value = true), () => undefined);
    }, HEALTH_MS);
    return () => clearInterval(timer);
  }, [away]);
}

function Head({ path }: { path: string[] }) {
  const here = path[0] ?? "runs";
  const links = [
    { to: "runs", text: "Runs" },
    { to: "new", text: "New run" },
  ];
  if (paths.value && can("/nodes/{id}")) links.push({ to: "nodes", text: "Scenarios" });
  if (can("/event-scripts")) links.push({ to: "events", text: "Events" });
  if (key.value !== null && can("/keys")) links.push({ to: "keys", text: "Keys" });
  return (
    <header class="top">
      <a class="logo" href={href("runs")} title={version.value && `civitas ${version.value}`}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M16 9 9 21h14z" />
          <circle cx="16" cy="9" r="3" />
          <circle cx="9" cy="21" r="3" />
          <circle cx="23" cy="21" r="3" />
        </svg>
        <span class="wordmark">civitas</span>
      </a>
      <nav aria-label="Main">
        {links.map(({ to, text }) => (
          <a key={to} href={href(to)} aria-current={here === to ? "page" : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <div class="right">
        {key.value !== null && (
          <button type="button" class="link small" onClick={() => (forgetKey(), (refused.value = true))}>
            Forget key
          </button>
        )}
        <button type="button" class="button round quiet" onClick={toggleTheme} aria-label={dark.value ? "Light colours" : "Dark colours"}>
          <Icon name={dark.value ? "sun" : "moon"} />
        </button>
      </div>
    </header>
  );
}

/** The place where the user is; a mistake of the page's own is said instead of a blank page. */
function Guarded() {
  const [error, reset] = useErrorBoundary((failed) => console.error(failed));
  return error ? <Problem error={error} retry={reset} /> : <Place route={route.value} />;
}

function Place({ route: { path, query } }: { route: Route }) {
  const [first = "runs", second, third] = path;
  if (first === "runs") return second ? <RunPage key={second} id={second} /> : <RunsPage />;
  // A form that another address asks for is another form.
  if (first === "new") return <CreatePage key={query.toString()} />;
  if (first === "compare") return <ComparePage />;
  if (first === "keys") return <KeysPage />;
  if (first === "events" && second === "scripts" && third) return <ScriptPage key={third} id={third === "new" ? null : third} />;
  if (first === "events" && second === "bundles" && third) return <BundlePage key={third} id={third === "new" ? null : third} />;
  if (first === "events") return <EventsPage />;
  if (first === "nodes") return second ? <NodePage key={second} id={second} /> : <NodesPage />;
  return (
    <Blank title="There is nothing here.">
      <a class="button" href={href("runs")}>
        To the runs
      </a>
    </Blank>
  );
}
