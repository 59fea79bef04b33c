// What time it is, for texts such as "2 min ago", which change while nothing else on the page does.
import { signal } from "@preact/signals";

const EVERY_MS = 10_000;

/** Milliseconds since 1970, renewed every few seconds. */
export const now = signal(Date.now());

setInterval(() => (now.value = Date.now()), EVERY_MS);
