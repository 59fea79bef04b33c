// How fast a count grows: over the last seconds, so that a number on a page neither jumps nor lags.

const WINDOW_MS = 3_000;

/** The pace of a growing count. */
export class Pace {
  private readonly seen: { ms: number; count: number }[] = [];

  /** Takes the count at a moment; gives the growth per second, or null while there is too little to tell. */
  add(ms: number, count: number): number | null {
    // A count that falls belongs to a run that went back to a snapshot: what was before does not count.
    if (count < (this.seen.at(-1)?.count ?? 0)) this.seen.length = 0;
    this.seen.push({ ms, count });
    while (this.seen.length > 2 && ms - (this.seen[1]?.ms ?? ms) >= WINDOW_MS) this.seen.shift();
    const [first, last] = [this.seen[0], this.seen.at(-1)];
    if (!first || !last || last.ms - first.ms < 50) return null;
    return ((last.count - first.count) / (last.ms - first.ms)) * 1000;
  }
}
