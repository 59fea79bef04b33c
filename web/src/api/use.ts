// Hooks around the client: ask on mount and again on demand or every so often, without ever showing an answer that came
// too late.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get } from "./client";

export interface Answer<T> {
  data: T | null;
  error: unknown;
  /** Asks again now. */
  reload: () => void;
}

/** What a path answers; null asks nothing. With `everyMs` it is asked again and again while the page can be seen. */
export function useGet<T>(path: string | null, everyMs = 0): Answer<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: unknown }>(
    { path: null, data: null, error: null });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const period = useRef(everyMs);
  period.current = everyMs;
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const once = async () => {
      let error: unknown = null;
      try {
        const data = await get<T>(path, stop.signal);
        if (!stop.signal.aborted) setState({ path, data, error: null });
      } catch (failed) {
        error = failed;
        // What is on the page stays while the server is away; it says so elsewhere.
        if (!stop.signal.aborted) setState((before) => ({ path, data: before.path === path ? before.data : null, error }));
      }
      if (stop.signal.aborted) return;
      const lost = error !== null && !(error instanceof ApiError);
      const next = lost ? 2_000 : period.current;
      if (next > 0) timer = setTimeout(() => (document.hidden && !lost ? wait() : void once()), next);
    };
    // A hidden page asks nothing; it asks at once when it is seen again.
    const wait = () => document.addEventListener("visibilitychange", () => void once(), { once: true, signal: stop.signal });
    void once();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, round, everyMs > 0]);
  const current = state.path === path;
  return { data: current ? state.data : null, error: current ? state.error : null, reload };
}
