// One way to ask the API: with the key, with the errors as the API words them, and with the connection's state kept.
import { signal } from "@preact/signals";
import { parse, write } from "./json";
import { key, refused } from "./key";

export const API = "/api/v1";

/** False while the server cannot be reached; the page says so, and tries again by itself. */
export const reachable = signal(true);

/** An answer that is no success, in the API's own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail);
  }

  /** The path of the field that is to blame, where the text starts with one: `horizon_ticks must be ...`. */
  get field(): string | null {
    const word = /^[a-z_][a-z0-9_.]*(?=[ :])/.exec(this.detail)?.[0] ?? null;
    return word !== null && /[_.]/.test(word) ? word : null;
  }
}

/** Headers of every request. */
export function headers(more: Record<string, string> = {}): Record<string, string> {
  return key.value === null ? more : { ...more, Authorization: `Bearer ${key.value}` };
}

/** Asks; gives the JSON of the answer. A refused key opens the page's question for one. */
export async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const json = body === undefined ? undefined : write(body);
  const type: Record<string, string> = json === undefined ? {} : { "Content-Type": "application/json" };
  let answer: Response;
  try {
    answer = await fetch(API + path, { method, headers: headers(type), body: json, signal, cache: "no-store" });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) reachable.value = false;
    throw error;
  }
  reachable.value = true;
  if (answer.ok) return parse<T>(await answer.text());
  throw await failure(answer);
}

/** The error that an answer states. */
export async function failure(answer: Response): Promise<ApiError> {
  if (answer.status === 401) refused.value = true;
  const text = await answer.text();
  try {
    const body = JSON.parse(text) as { detail?: string; error_code?: string; retry_after?: number };
    const detail = body.detail ?? answer.statusText;
    return new ApiError(answer.status, body.error_code ?? "", detail, body.retry_after ?? null);
  } catch {
    return new ApiError(answer.status, "", text || answer.statusText);
  }
}

export const get = <T>(path: string, signal?: AbortSignal) => ask<T>("GET", path, undefined, signal);
export const post = <T>(path: string, body?: unknown) => ask<T>("POST", path, body);
export const remove = <T>(path: string) => ask<T>("DELETE", path);

/** What went wrong, for people. */
export function words(error: unknown): string {
  if (error instanceof ApiError) return error.detail;
  return error instanceof TypeError ? "The server cannot be reached." : String(error);
}
