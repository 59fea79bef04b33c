// A form's fields made from a model's JSON schema: what each is, what may stand in it, and which of them differ from their
// defaults, for only these are sent.
import type { NumberSchema } from "../api/types";

/** A field for one number. */
export interface NumberField {
  name: string;
  label: string;
  description: string;
  unit: string;
  whole: boolean;
  /** A field of 0 and 1 alone. */
  choice: boolean;
  min: number;
  max: number;
  step: number;
  initial: number;
}

/** The fields of a schema's properties, in the order of their names. */
export function fieldsOf(properties: Record<string, NumberSchema>): NumberField[] {
  return Object.entries(properties).map(([name, schema]) => {
    const [min, max] = [schema.minimum ?? -Infinity, schema.maximum ?? Infinity];
    const whole = schema.type === "integer";
    const unit = schema["x-unit"] ?? "";
    return {
      name,
      label: name.replace(/_/g, " ").replace(/^./, (first) => first.toUpperCase()),
      description: schema.description ?? "",
      unit: unit === "1" ? "" : unit,
      whole,
      choice: schema.enum?.length === 2,
      min,
      max,
      step: whole ? 1 : stepOf(max - min),
      initial: schema.default ?? (Number.isFinite(min) ? min : 0),
    };
  });
}

/** A slider's step: a hundredth of the range or less, as a power of ten. */
function stepOf(range: number): number {
  return Number.isFinite(range) && range > 0 ? 10 ** Math.floor(Math.log10(range / 100)) : 0.01;
}

/** What is wrong with the text of a field; null where nothing is. An empty field means the default. */
export function misfit(field: Pick<NumberField, "min" | "max" | "whole">, text: string): string | null {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return "must be a number";
  if (field.whole && !Number.isInteger(value)) return "must be a whole number";
  if (value < field.min) return `must be at least ${field.min}`;
  return value > field.max ? `must be at most ${field.max}` : null;
}

/** The values of a form that differ from the fields' defaults. */
export function changed(fields: readonly NumberField[], texts: Record<string, string>): Record<string, number> {
  const values: Record<string, number> = {};
  for (const { name, initial } of fields) {
    const text = texts[name]?.trim() ?? "";
    if (text !== "" && Number(text) !== initial) values[name] = Number(text);
  }
  return values;
}
