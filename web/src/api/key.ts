// The API key that this browser sends. It is kept for the tab alone, unless the user asks to remember it; it never leaves
// for another server, and it is never part of an address.
import { signal } from "@preact/signals";

const NAME = "civitas.key";

function stored(): string | null {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
}

/** The key that requests carry; null while none is known. */
export const key = signal<string | null>(stored());

/** True while the server has refused what this browser sends: the page asks for a key then. */
export const refused = signal(false);

/** Takes a key; `remember` keeps it after the tab is closed. */
export function useKey(text: string, remember: boolean): void {
  forgetKey();
  (remember ? localStorage : sessionStorage).setItem(NAME, text);
  key.value = text;
  refused.value = false;
}

/** Forgets the key here; the server is not told. */
export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
  key.value = null;
}
