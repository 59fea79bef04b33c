// Server-sent events over fetch, since EventSource cannot send a key: a parser of the format, and a reader that comes back
// after a lost connection with the last id that it has seen.
import { ApiError, failure, headers, reachable } from "./client";

/** One event as the stream has it. */
export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Takes a stream's text in pieces, however it is cut, and gives the events that are complete. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private ended = false;
  /** The last id seen. */
  lastId: string | null = null;
  /** The pause before a new attempt, in milliseconds, as the server asks for it. */
  retryMs: number | null = null;

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let buffer = this.rest + text;
    // A line may end with CR LF whose LF is still under way.
    if (this.ended && buffer.startsWith("\n")) buffer = buffer.slice(1);
    this.ended = buffer.endsWith("\r");
    const lines = buffer.split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.lastId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  private dispatch(): ServerEvent | null {
    const { event, data } = this;
    this.event = "";
    this.data = [];
    return data.length === 0 ? null : { event: event || "message", data: data.join("\n"), id: this.lastId };
  }
}

/** The pause before attempt number `attempt` (from 1): twice as long each time, at most half a minute. */
export function pauseMs(attempt: number, retryMs: number): number {
  return Math.min(retryMs * 2 ** Math.max(0, attempt - 1), 30_000);
}

/** What a reader tells. */
export interface Listener {
  /** An event; true ends the reading. */
  event(event: ServerEvent): boolean;
  /** Whether the stream is open now. */
  open?(open: boolean): void;
  /** The server refuses the stream for good. */
  refused?(error: ApiError): void;
}

const FIRST_RETRY_MS = 1_000;

/** Reads a stream until the listener has had enough; gives the function that stops it. */
export function follow(path: string, listener: Listener): () => void {
  const stop = new AbortController();
  void run(path, listener, stop.signal);
  return () => stop.abort();
}

async function run(path: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let retryMs = FIRST_RETRY_MS;
  for (let attempt = 0; !signal.aborted; ) {
    const parser = new EventParser();
    parser.lastId = lastId;
    try {
      const more: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId !== null) more["Last-Event-ID"] = lastId;
      const answer = await fetch(path, { headers: headers(more), signal, cache: "no-store" });
      if (!answer.ok) {
        const error = await failure(answer);
        // A server on its way down or up says 503; whatever else it says stays true.
        if (answer.status !== 503) return listener.refused?.(error);
      } else if (answer.body) {
        reachable.value = true;
        listener.open?.(true);
        attempt = 0;
        if (await drain(answer.body, parser, listener)) return;
      }
    } catch {
      if (signal.aborted) return;
      reachable.value = false;
    }
    lastId = parser.lastId;
    retryMs = parser.retryMs ?? retryMs;
    listener.open?.(false);
    attempt += 1;
    await sleep(pauseMs(attempt, retryMs), signal);
  }
}

async function drain(body: ReadableStream<Uint8Array>, parser: EventParser, listener: Listener): Promise<boolean> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    for (const event of parser.push(decoder.decode(value, { stream: true }))) {
      if (listener.event(event)) {
        // A stream that broke after its last event cannot be cancelled; it is done with all the same.
        reader.cancel().catch(() => undefined);
        return true;
      }
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
