// Colours of values: one scale that rises in lightness for amounts, one with a neutral middle for what has two sides. Both
// can be told apart by people who see few colours.

type Rgb = readonly [number, number, number];

// Points of viridis (Smith and van der Walt, 2015), whose lightness rises evenly.
const SEQUENTIAL: readonly Rgb[] = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121],
  [110, 206, 88], [181, 222, 43], [253, 231, 37],
];
// Points of Brewer's PuOr, reversed: orange below, purple above the middle.
const DIVERGING: readonly Rgb[] = [
  [179, 88, 6], [224, 130, 20], [253, 184, 99], [254, 224, 182], [236, 236, 240], [216, 218, 235], [178, 171, 210],
  [128, 115, 172], [84, 39, 136],
];

/** The colour of a value in 0 to 1 on the scale for amounts, or with `signed` on the one with a middle at 0.5. */
export function colour(share: number, signed = false): string {
  const points = signed ? DIVERGING : SEQUENTIAL;
  const at = Math.min(1, Math.max(0, share)) * (points.length - 1);
  const low = Math.min(points.length - 2, Math.floor(at));
  const [a, b] = [points[low] as Rgb, points[low + 1] as Rgb];
  const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * (at - low));
  return `rgb(${mix(0)},${mix(1)},${mix(2)})`;
}

/** Where values begin and end on a scale. */
export interface Domain {
  low: number;
  high: number;
  signed: boolean;
}

/** The domain of a metric whose values lie in a range: one with two sides is even around its middle. */
export function domain([low, high]: readonly [number, number], signed: boolean): Domain {
  if (!signed) return { low, high: high > low ? high : low + 1e-9, signed };
  const far = Math.max(Math.abs(low), Math.abs(high), 1e-9);
  return { low: -far, high: far, signed };
}

/** The colour of a value in a domain; null for what is no number. */
export function colourIn(value: number, { low, high, signed }: Domain): string | null {
  return Number.isFinite(value) ? colour((value - low) / (high - low), signed) : null;
}
