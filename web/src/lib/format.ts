// Numbers, times and names as people read them. Pure: every function gives text for what it is told.

const MINUS = "\u2212";

/** A number with so many decimals and a real minus sign. */
export function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A number with its sign always shown. */
export function signed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A count: whole below a hundred thousand, then with three digits and a unit. */
export function count(value: number): string {
  if (Math.abs(value) < 100_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f").replace("-", MINUS);
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (Math.abs(value) >= size) return `${short(value / size).replace(/\.0+$/, "")} ${unit}`;
  }
  return String(value);
}

/** At most three digits that tell something. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Bytes with a binary unit. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const unit = Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${short(value / 1024 ** unit)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

/** A time that passed, from milliseconds to days. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "\u2013";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago a time was. */
export function ago(time: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1000);
  if (!Number.isFinite(seconds)) return "\u2013";
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time).toISOString().slice(0, 10);
}

/** The exact time, for where a pointer rests. */
export function exact(time: string | null): string {
  return time === null ? "" : `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** A name of the API as words: `adoption_rate` is "Adoption rate". */
export function title(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Enough of an id to tell runs of a page apart: its last digits, for ids of one moment begin alike. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** What a metric's values are, from its unit. */
export interface Scale {
  /** A share of all, shown in per cent. */
  share: boolean;
  /** It has a middle, and both sides of it mean something. */
  signed: boolean;
}

/** How values of a unit are shown. */
export function scaleOf(unit: string | undefined): Scale {
  return { share: unit?.startsWith("share") ?? false, signed: unit?.includes("-1 to 1") ?? false };
}

/** A metric's value with its unit. */
export function value(number: number, scale: Scale): string {
  if (!Number.isFinite(number)) return "\u2013";
  if (scale.share) return `${fixed(number * 100, 1)} %`;
  return scale.signed ? signed(number, 3) : fixed(number, 3);
}

/** A difference of two values of a metric: of shares in points. */
export function difference(number: number, scale: Scale): string {
  if (!Number.isFinite(number)) return "\u2013";
  return scale.share ? `${signed(number * 100, 1)} pts` : signed(number, 3);
}

/** Labels of an axis without the decimals that none of them needs. */
export function plainer(labels: string[]): string[] {
  const decimals = labels.map((label) => /\.(\d*?)0*(?!\d)/.exec(label)?.[1]?.length ?? 0);
  const needed = Math.max(0, ...decimals);
  return labels.map((label) => label.replace(/\.(\d+)/, (_, digits: string) => (needed > 0 ? `.${digits.slice(0, needed)}` : "")));
}
