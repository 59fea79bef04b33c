// The regions coloured by their values at one tick: the map of the states, points where regions have coordinates, tiles
// else. What is drawn stays; a new tick or metric sets colours alone, so that a slider moves without a stutter.
import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RegionRow } from "../api/types";
import { colour, colourIn, type Domain } from "../lib/colour";
import type { Outline } from "../lib/outlines";
import { HEIGHT, placesOf, tilesOf, WIDTH } from "../lib/points";

export interface MapProps {
  /** The regions' codes, in the order of the values. */
  regions: readonly string[];
  /** What is known of them; for points. */
  places: RegionRow[] | null;
  /** True for the map of the states. */
  states: boolean;
  /** The states' outlines; null while they are on their way. */
  outlines: readonly Outline[] | null;
  /** The values at the tick that is looked at. */
  values: ReadonlySignal<Float64Array | null>;
  domain: ReadonlySignal<Domain>;
  format: (value: number) => string;
  name: (code: string) => string;
  label: string;
  pinned: readonly string[];
  onPick: (code: string) => void;
}

/** More labels than this would cover each other. */
const MOST_LABELS = 60;

interface Shape {
  code: string;
  path: string;
  /** Its label, and where that stands. */
  text?: string;
  at?: { x: number; y: number };
}

/** The map. */
export function RegionMap(props: MapProps) {
  const { regions, places, states, outlines, values, domain } = props;
  const shapes = useMemo(() => shapesOf(regions, places, states, outlines), [regions, places, states, outlines]);
  const elements = useRef(new Map<string, SVGPathElement>());
  const [over, setOver] = useState<{ code: string; x: number; y: number; left: boolean } | null>(null);
  useEffect(() => {
    if (!shapes) return;
    const place = new Map(regions.map((code, index) => [code, index]));
    return effect(() => {
      const [row, scale] = [values.value, domain.value];
      for (const [code, element] of elements.current) {
        const value = row?.[place.get(code) ?? -1] ?? NaN;
        const fill = colourIn(value, scale);
        if (fill === null) element.removeAttribute("fill");
        else element.setAttribute("fill", fill);
      }
    });
  }, [shapes, values, domain]);
  if (!shapes) return <div class="map waiting" aria-busy="true" />;
  const hovered = over && regions.indexOf(over.code);
  return (
    <div class="map" onPointerLeave={() => setOver(null)}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
        {shapes.map(({ code, path, at, text }) => (
          <g key={code}>
            <path
              ref={(element) => void (element ? elements.current.set(code, element) : elements.current.delete(code))}
              d={path}
              data-region={code}
              class="region"
              onClick={() => props.onPick(code)}
              onPointerMove={(event) => setOver(pointed(code, event))}
            />
            {at && shapes.length <= MOST_LABELS && <text x={at.x} y={at.y} class={text ? "name" : ""}>{text ?? code}</text>}
          </g>
        ))}
        {shapes.map(({ code, path }) => props.pinned.includes(code) && <path key={`${code} pinned`} d={path} class="pin" />)}
      </svg>
      {over && hovered !== null && (
        <div class="tip" style={{ transform: `translate(${over.x}px, ${over.y}px)${over.left ? " translateX(calc(-100% - 28px))" : ""}` }}>
          <strong>{props.name(over.code)}</strong>
          <span class="number">{props.format(values.value?.[hovered] ?? NaN)}</span>
        </div>
      )}
    </div>
  );
}

/** Where a region is pointed at; what is said of it stands towards the middle of the map, so that it is never beyond the page. */
function pointed(code: string, { offsetX, offsetY, currentTarget }: PointerEvent): { code: string; x: number; y: number; left: boolean } {
  const width = (currentTarget as SVGPathElement).ownerSVGElement?.clientWidth ?? Infinity;
  return { code, x: offsetX, y: offsetY, left: offsetX > width / 2 };
}

/** The shapes to draw; null while the map of the states is on its way. */
function shapesOf(
  regions: readonly string[],
  places: RegionRow[] | null,
  states: boolean,
  outlines: readonly Outline[] | null,
): Shape[] | null {
  if (states) return outlines && outlines.map(({ code, path }) => ({ code, path }));
  const rows = new Map(places?.map((row) => [row.code, row]));
  const known = regions.flatMap((code) => rows.get(code) ?? []);
  const points = known.length === regions.length ? placesOf(known) : null;
  if (points) {
    const most = Math.max(...known.map(({ population }) => population), 1);
    const radius = (population: number) => Math.max(4, 26 * Math.sqrt(population / most) * Math.min(1, 8 / Math.sqrt(regions.length)));
    return points.map(({ x, y }, i) => {
      const r = radius(known[i]?.population ?? 0);
      return { code: regions[i] ?? "", path: circle(x, y, r), text: known[i]?.name, at: { x, y: y + r + 18 } };
    });
  }
  const { places: tiles, side } = tilesOf(regions.length);
  const half = side / 2 - 2;
  return tiles.map(({ x, y }, i) => ({
    code: regions[i] ?? "",
    path: `M${x - half} ${y - half}h${2 * half}v${2 * half}h${-2 * half}z`,
    at: { x, y },
  }));
}

function circle(x: number, y: number, r: number): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

const STOPS = 12;

/** The scale of colours with its ends. */
export function Scale({ domain, format }: { domain: Domain; format: (value: number) => string }) {
  const stops = Array.from({ length: STOPS }, (_, i) => colour(i / (STOPS - 1), domain.signed)).join(", ");
  return (
    <div class="scale">
      <span class="number">{format(domain.low)}</span>
      <div class="ramp" style={{ backgroundImage: `linear-gradient(to right, ${stops})` }} />
      <span class="number">{format(domain.high)}</span>
    </div>
  );
}
