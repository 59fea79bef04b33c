// JSON as the API writes it: seeds are whole numbers to 2^64, which a browser's numbers are only to 2^53. A seed above that
// is a bigint here, so that it is shown, compared and sent back to its last digit.

/** A seed: a number where that holds it, else a bigint. */
export type Seed = number | bigint;

/** The largest seed that there is. */
export const LARGEST_SEED = 2n ** 64n - 1n;

// A seed of sixteen digits or more that is the value of a key; a quote within a text has a backslash before it.
const LARGE = /(?<!\\)"seed"\s*:\s*(\d{16,})(?=\s*[,}])/g;

/** Reads a document. */
export function parse<T>(text: string): T {
  let large = false;
  const quoted = text.replace(LARGE, (whole, digits: string) => {
    if (Number.isSafeInteger(Number(digits))) return whole;
    large = true;
    return `"seed":"${digits}"`;
  });
  // A function that looks at every value takes its time: documents without such a seed, which is most, do without.
  if (!large) return JSON.parse(text) as T;
  const revive = (key: string, value: unknown) => (key === "seed" && typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : value);
  return JSON.parse(quoted, revive) as T;
}

/** Writes a document; a bigint is a number in it. */
export function write(value: unknown, indent?: number): string {
  const mark = `whole ${Math.random()} `;
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? mark + each : each), indent);
  return text.replace(new RegExp(`"${mark}(\\d+)"`, "g"), "$1");
}

/** The seed that a text says: null where it says none. */
export function seedOf(text: string): Seed | null {
  if (!/^\s*\d+\s*$/.test(text)) return null;
  const whole = BigInt(text.trim());
  return whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole;
}

/** What is wrong with the text of a field for a seed; null where nothing is. An empty field means the default. */
export function wrongSeed(text: string): string | null {
  if (text.trim() === "") return null;
  const seed = seedOf(text);
  if (seed === null) return "must be a whole number, at least 0";
  return seed > LARGEST_SEED ? `must be at most ${LARGEST_SEED}` : null;
}

/** The seed so many after this one; null above the largest. */
export function seedAfter(seed: Seed, steps: number): Seed | null {
  const next = BigInt(seed) + BigInt(steps);
  return next > LARGEST_SEED ? null : seedOf(String(next));
}
