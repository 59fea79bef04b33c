// The statistics of comparisons: means over seeds with an interval, and differences paired by seed.
import type { Seed } from "../api/json";

/** What several values of one quantity say. */
export interface Summary {
  n: number;
  mean: number;
  /** Sample standard deviation; NaN for fewer than two values. */
  sd: number;
  /** Half the width of the 95 % interval of the mean; NaN for fewer than two values. */
  margin: number;
}

// Quantiles 0.975 of Student's t by degrees of freedom, 1 to 30 (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The quantile 0.975 of Student's t; above 30 degrees the expansion of Cornish and Fisher to the second order. */
export function t975(degrees: number): number {
  const known = T975[degrees - 1];
  if (known !== undefined) return known;
  const z = 1.959964;
  const first = (z ** 3 + z) / (4 * degrees);
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
  return degrees < 1 ? NaN : z + first + second;
}

/** Mean, standard deviation and the 95 % interval of the mean. */
export function summarise(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, sd: NaN, margin: NaN };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  return { n, mean, sd, margin: (t975(n - 1) * sd) / Math.sqrt(n) };
}

/** One value and the seed that it came of. */
export interface Seeded {
  seed: Seed;
  value: number;
}

/** How far `other` lies from `base`. */
export interface Shift {
  mean: number;
  /** Half the 95 % interval; NaN where there is none. */
  margin: number;
  /** True where runs of one seed were compared with each other, which share their random numbers. */
  paired: boolean;
}

/** The difference of two groups: paired by seed where both have the same seeds, else by Welch's interval. */
export function shift(base: readonly Seeded[], other: readonly Seeded[]): Shift {
  const seeds = new Map(base.map(({ seed, value }) => [seed, value]));
  const paired = base.length === other.length && seeds.size === base.length && other.every(({ seed }) => seeds.has(seed));
  if (paired) {
    const { mean, margin } = summarise(other.map(({ seed, value }) => value - (seeds.get(seed) ?? NaN)));
    return { mean, margin, paired: true };
  }
  const [a, b] = [summarise(base.map(valueOf)), summarise(other.map(valueOf))];
  return { mean: b.mean - a.mean, margin: welch(a, b), paired: false };
}

/** Half of Welch's 95 % interval, with the degrees of freedom of Welch and Satterthwaite rounded down. */
function welch(a: Summary, b: Summary): number {
  if (a.n < 2 || b.n < 2) return NaN;
  const [va, vb] = [a.sd ** 2 / a.n, b.sd ** 2 / b.n];
  if (va + vb === 0) return 0;
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  return t975(Math.max(1, Math.floor(degrees))) * Math.sqrt(va + vb);
}

const valueOf = ({ value }: Seeded) => value;

/** The mean line of several with its 95 % band, at the ticks that all of them have. */
export interface Band {
  ticks: number[];
  mean: number[];
  low: number[];
  high: number[];
}

/** Puts lines of one quantity together; a single line has no band, so low and high are its own values. */
export function band(lines: readonly { tick: number; value: number }[][]): Band {
  const result: Band = { ticks: [], mean: [], low: [], high: [] };
  const [first, ...others] = lines.map((line) => new Map(line.map(({ tick, value }) => [tick, value])));
  for (const [tick, value] of first ?? []) {
    const values = [value, ...others.map((line) => line.get(tick) ?? NaN)];
    if (!values.every(Number.isFinite)) continue;
    const { mean, margin } = summarise(values);
    const half = Number.isFinite(margin) ? margin : 0;
    result.ticks.push(tick);
    result.mean.push(mean);
    result.low.push(mean - half);
    result.high.push(mean + half);
  }
  return result;
}
