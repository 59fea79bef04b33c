// The trends: metrics of one unit share a chart. They can be broken down by segment, or show the regions that are pinned on
// the map beside the whole.
import type { Signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { KeyEvent, Model } from "../../api/types";
import type { Course } from "../../lib/course";
import { scaleOf, title, value } from "../../lib/format";
import { lineOf } from "../../lib/frames";
import { inOrder } from "../../lib/outcome";
import { dark, lineColour } from "../../lib/theme";
import { Card, Choice } from "../../parts/bits";
import { Chart, type Line } from "../../parts/chart";

type Split = "none" | "segments" | "regions";

export interface TrendsProps {
  course: Course;
  model: Model | null;
  tick: Signal<number>;
  pinned: readonly string[];
  onPin: (code: string) => void;
  lastTick: number;
  events: readonly KeyEvent[];
}

/** The card of the trends. */
export function TrendsCard(props: TrendsProps) {
  const { course, model, tick, pinned, lastTick, events } = props;
  const [split, setSplit] = useState<Split>("none");
  const hasSegments = Object.keys(course.segments).length > 0;
  const charts = useMemo(() => chartsOf(course, split, pinned, model), [course, split, pinned, model, dark.value]);
  const marks = useMemo(() => events.map((event) => event.tick), [events]);
  const options: { value: Split; text: string }[] = [{ value: "none", text: "All agents" }];
  if (hasSegments) options.push({ value: "segments", text: "Segments" });
  if (course.frames) options.push({ value: "regions", text: "Regions" });
  return (
    <Card title="Trends" aside={options.length > 1 && <Choice label="Break down" name="split" options={options} value={split} onPick={setSplit} />}>
      {split === "regions" && (
        <p class="muted small">
          {pinned.length === 0 ? "Pick regions on the map or in its list to see their lines here." : "Dashed: all agents."}
        </p>
      )}
      {charts.map(({ name, lines, format }) => (
        <Chart key={name} label={name} ticks={course.ticks} lines={lines} format={format} lastTick={lastTick} marks={marks} tick={tick} />
      ))}
    </Card>
  );
}

interface Plot {
  name: string;
  lines: Line[];
  format: (value: number) => string;
}

/** One chart for all metrics of a unit, or one per metric where lines are of segments or regions. */
function chartsOf(course: Course, split: Split, pinned: readonly string[], model: Model | null): Plot[] {
  const unit = (metric: string) => model?.metrics.find(({ name }) => name === metric)?.unit;
  const metrics = inOrder(course.metrics, model);
  const format = (metric: string) => (number: number) => value(number, scaleOf(unit(metric)));
  if (split === "none") {
    const groups = new Map<string, string[]>();
    for (const metric of metrics) groups.set(unit(metric) ?? metric, [...(groups.get(unit(metric) ?? metric) ?? []), metric]);
    return [...groups].map(([of, metrics]) => ({
      name: metrics.length > 1 ? title(of) : title(metrics[0] ?? ""),
      format: format(metrics[0] ?? ""),
      lines: metrics.map((metric, i) => ({ label: title(metric), colour: lineColour(i), values: course.overall[metric] ?? [] })),
    }));
  }
  return metrics.map((metric) => ({
    name: title(metric),
    format: format(metric),
    lines: split === "segments" ? segmentLines(course, metric) : regionLines(course, metric, pinned),
  }));
}

function segmentLines(course: Course, metric: string): Line[] {
  return Object.entries(course.segments).map(([name, lines], i) => ({
    label: title(name),
    colour: lineColour(i),
    values: lines[metric] ?? [],
  }));
}

function regionLines({ frames, overall, metrics }: Course, metric: string, pinned: readonly string[]): Line[] {
  const all: Line = { label: "All agents", colour: lineColour(7), values: overall[metric] ?? [], dashed: true };
  const m = metrics.indexOf(metric);
  const lines = pinned.flatMap((code, i) => {
    const r = frames?.regions.indexOf(code) ?? -1;
    return frames && r >= 0 ? [{ label: code, colour: lineColour(i), values: lineOf(frames, m, r) }] : [];
  });
  return [...lines, all];
}
