// What is known of the run that the page shows: its record, its progress as it streams in, its results. Owns the order in
// which they are asked for: a run that goes on is watched, and read again when its stream says that it has ended.
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { API, ApiError, get } from "../../api/client";
import { follow } from "../../api/sse";
import { ENDED, type ProgressEvent, type Results, type Run } from "../../api/types";
import { Pace } from "../../lib/pace";

export interface RunState {
  run: Signal<Run | null>;
  /** Null until there are any. */
  results: Signal<Results | null>;
  /** The latest of the stream, or of the record. */
  progress: Signal<ProgressEvent | null>;
  /** Agent-steps per second over the last seconds; null while not known. */
  speed: Signal<number | null>;
  /** Whether progress streams in now. */
  streaming: Signal<boolean>;
  error: Signal<unknown>;
  /** The tick that the page looks at: its charts and its map show this one. */
  tick: Signal<number>;
  /** Asks for everything again. */
  reload: () => void;
}

/** The state of a run, for as long as its page is open. */
export function useRun(id: string): RunState {
  const state = useMemo(() => new Watcher(id), [id]);
  useEffect(() => {
    state.reload();
    return () => state.stop();
  }, [state]);
  return state;
}

const RETRY_MS = 2_000;

class Watcher implements RunState {
  readonly run = signal<Run | null>(null);
  readonly results = signal<Results | null>(null);
  readonly progress = signal<ProgressEvent | null>(null);
  readonly speed = signal<number | null>(null);
  readonly streaming = signal(false);
  readonly error = signal<unknown>(null);
  readonly tick = signal(Number.MAX_SAFE_INTEGER);
  private readonly pace = new Pace();
  private unfollow: (() => void) | null = null;
  private asking = new AbortController();

  constructor(private readonly id: string) {}

  readonly reload = (): void => {
    this.asking.abort();
    this.asking = new AbortController();
    void this.read(this.asking.signal);
  };

  stop(): void {
    this.asking.abort();
    this.unfollow?.();
    this.unfollow = null;
    this.streaming.value = false;
  }

  private async read(stopped: AbortSignal): Promise<void> {
    try {
      const run = await get<Run>(`/runs/${this.id}`, stopped);
      this.take(run);
      const has = ENDED.includes(run.status) || run.status === "paused";
      if (has) this.results.value = await get<Results>(`/runs/${this.id}/results`, stopped).catch(none);
      if (has && run.status !== "paused") this.stopFollowing();
      else this.startFollowing();
    } catch (error) {
      if (stopped.aborted) return;
      if (error instanceof ApiError) this.error.value = error;
      // A server that is away comes back; the page waits for it.
      else setTimeout(() => !stopped.aborted && this.reload(), RETRY_MS);
    }
  }

  private take(run: Run): void {
    const { current_tick, total_ticks, agents_processed, percent_complete } = run.progress;
    this.run.value = run;
    this.error.value = null;
    const known = this.progress.value;
    if (known && known.status === run.status && known.tick > current_tick) return;
    this.progress.value = { tick: current_tick, total_ticks, agents_processed, percent: percent_complete, status: run.status };
  }

  private startFollowing(): void {
    if (this.unfollow) return;
    this.unfollow = follow(`${API}/runs/${this.id}/progress`, {
      open: (open) => (this.streaming.value = open),
      refused: (error) => (this.error.value = error),
      event: ({ event, data }) => this.heard(event, data),
    });
  }

  private stopFollowing(): void {
    this.unfollow?.();
    this.unfollow = null;
    this.streaming.value = false;
    this.speed.value = null;
  }

  /** Takes an event; true when it was the last. */
  private heard(event: string, data: string): boolean {
    if (event === "progress") {
      const progress = JSON.parse(data) as ProgressEvent;
      const before = this.progress.value?.status;
      const begins = this.progress.value?.tick === 0 && progress.tick > 0 && this.run.value?.batch_id !== null;
      this.progress.value = progress;
      this.speed.value = progress.status === "running" ? this.pace.add(performance.now(), progress.agents_processed) : null;
      // The record says when it started, why it is paused, and with whose state of its batch it began.
      if (before !== progress.status || begins) this.reload();
      return false;
    }
    if (!["completed", "failed", "cancelled"].includes(event)) return false;
    this.unfollow = null;
    this.speed.value = null;
    this.reload();
    return true;
  }
}

/** No results are no error of the page: a run that ended before its first tick has none. */
function none(error: unknown): null {
  if (error instanceof ApiError && ["NO_RESULTS", "RESULTS_NOT_READY"].includes(error.code)) return null;
  throw error;
}
