// The project that new runs of this browser belong to: the one that was last used, or a new one.

const NAME = "civitas.project";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A random UUID of version 4. `crypto.randomUUID` is missing where a page comes over plain HTTP from another machine. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The project to begin with. */
export function currentProject(): string {
  const known = localStorage.getItem(NAME);
  if (known) return known;
  const made = randomUuid();
  rememberProject(made);
  return made;
}

/** Keeps a project for the next run. */
export function rememberProject(id: string): void {
  localStorage.setItem(NAME, id);
}
