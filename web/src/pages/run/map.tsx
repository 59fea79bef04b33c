// The map of the regions with its time: a slider and a button that plays the run, the scale of the colours, and the regions
// in the order of their values, which is also the way to them by keyboard.
import { computed, type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useGet } from "../../api/use";
import type { Model, RegionRow } from "../../api/types";
import { colourIn, domain as domainOf } from "../../lib/colour";
import type { Course } from "../../lib/course";
import { scaleOf, title, value } from "../../lib/format";
import { type Frames, placeOf, rangeOf, row, widestOf } from "../../lib/frames";
import { inOrder } from "../../lib/outcome";
import { useThrottled } from "../../lib/throttle";
import { Card } from "../../parts/bits";
import { Icon } from "../../parts/icon";
import { useOutlines } from "../../parts/outlines";
import { RegionMap, Scale } from "../../parts/region-map";

/** The data set whose regions the map of the states shows. */
const STATES = "us-2020";
/** As many regions as a data set may have. */
const MOST_REGIONS = 4096;
/** A whole run is played in about so long, and no tick is passed faster than the eye sees. */
const PLAY_MS = 8_000;
const LEAST_STEP_MS = 40;

export interface MapProps {
  course: ReadonlySignal<Course | null>;
  frames: Frames;
  model: Model | null;
  tick: Signal<number>;
  dataset: string;
  version: string;
  /** Whether the run has ended. */
  ended: boolean;
  pinned: readonly string[];
  onPin: (code: string) => void;
}

/** The card of the map. */
export function MapCard(props: MapProps) {
  const { course, frames, model, tick, dataset, pinned, onPin } = props;
  const [picked, setMetric] = useState<string | null>(null);
  const widest = useMemo(() => widestOf(frames, inOrder(frames.metrics, model)), [props.ended ? frames : frames.metrics, model]);
  const metric = picked ?? widest.metric;
  const m = Math.max(0, frames.metrics.indexOf(metric));
  const scale = scaleOf(model?.metrics.find(({ name }) => name === metric)?.unit);
  const format = (number: number) => value(number, scale);
  const places = usePlaces(dataset, props.version);
  const found = useOutlines(dataset === STATES);
  // Without outlines there are tiles.
  const outlines = found === "missing" ? null : found;
  const names = useMemo(() => new Map((outlines ?? places)?.map(({ code, name }) => [code, name])), [outlines, places]);
  const name = (code: string) => names.get(code) ?? code;
  useEffect(() => {
    // The map of a run that has ended opens where it has most to show; one that goes on shows its latest tick.
    if (props.ended && tick.value === Number.MAX_SAFE_INTEGER) tick.value = widest.tick;
  }, [props.ended, frames]);
  const place = useComputed(() => placeOf(course.value?.ticks ?? [0], tick.value));
  const values = useMemo(
    () => computed(() => (course.value?.frames ? row(course.value.frames, m, place.value) : null)),
    [course, m, place],
  );
  const domain = useMemo(
    () => computed(() => domainOf((course.value?.frames && rangeOf(course.value.frames, m)) ?? [0, 1], scale.signed)),
    [course, m, scale.signed],
  );
  return (
    <Card title="Map" class="map-card" aside={
      <label class="inline">
        Colour by
        <select value={metric} onChange={(event) => setMetric(event.currentTarget.value)}>
          {inOrder(frames.metrics, model).map((each) => <option key={each} value={each}>{title(each)}</option>)}
        </select>
      </label>
    }>
      <div class="map-body">
        <RegionMap regions={frames.regions} places={places} states={dataset === STATES && found !== "missing"} outlines={outlines} values={values} domain={domain}
            format={format} name={name} pinned={pinned} onPick={onPin}
            label={`${title(metric)} by region; the list beside the map has the values`} />
        <Scale domain={domain.value} format={format} />
      </div>
      <Time ticks={frames.ticks} tick={tick} />
      <Ranking frames={frames} values={values} domain={domain.value} format={format} name={name} pinned={pinned} onPin={onPin} />
    </Card>
  );
}

/** Names and coordinates of a data set's regions; the map of the states brings its own. */
function usePlaces(dataset: string, version: string): RegionRow[] | null {
  const path = `/datasets/${encodeURIComponent(dataset)}/${encodeURIComponent(version)}?regions=${MOST_REGIONS}`;
  const { data } = useGet<{ preview: RegionRow[] }>(dataset === STATES ? null : path);
  return data?.preview ?? null;
}

/** The slider over the ticks, with the button that plays them. */
function Time({ ticks, tick }: { ticks: readonly number[]; tick: Signal<number> }) {
  const [playing, setPlaying] = useState(false);
  const place = placeOf(ticks, tick.value);
  const last = ticks.length - 1;
  useEffect(() => {
    if (!playing) return;
    const step = Math.max(LEAST_STEP_MS, PLAY_MS / Math.max(1, ticks.length));
    const begin = { ms: performance.now(), place: placeOf(ticks, tick.value) };
    let frame = requestAnimationFrame(function show(now) {
      const to = Math.min(last, begin.place + Math.floor((now - begin.ms) / step));
      tick.value = ticks[to] ?? 0;
      if (to >= last) setPlaying(false);
      else frame = requestAnimationFrame(show);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, ticks.length]);
  const toggle = () => {
    if (!playing && place >= last) tick.value = ticks[0] ?? 0;
    setPlaying(!playing);
  };
  return (
    <div class="time">
      <button type="button" class="button round" onClick={toggle} aria-label={playing ? "Pause" : "Play the run"}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <input type="range" min={0} max={last} step={1} value={place} aria-label="Tick" aria-valuetext={`tick ${ticks[place]}`}
        onInput={(event) => {
          setPlaying(false);
          tick.value = ticks[Number(event.currentTarget.value)] ?? 0;
        }} />
      <output class="number" data-testid="tick">tick {ticks[place]}</output>
    </div>
  );
}

interface RankingProps {
  frames: Frames;
  values: ReadonlySignal<Float64Array | null>;
  domain: ReturnType<typeof domainOf>;
  format: (value: number) => string;
  name: (code: string) => string;
  pinned: readonly string[];
  onPin: (code: string) => void;
}

const MOST_RANKED = 200;
/** While a run is played the list is renewed so often. */
const RANK_MS = 200;

/** The regions, the largest value first. */
function Ranking({ frames, values, domain, format, name, pinned, onPin }: RankingProps) {
  const row = useThrottled(values, RANK_MS);
  const order = frames.regions.map((code, r) => ({ code, value: row?.[r] ?? NaN }));
  order.sort((a, b) => (b.value || 0) - (a.value || 0));
  return (
    <ol class="ranking" tabIndex={0} aria-label="Regions by value">
      {order.slice(0, MOST_RANKED).map(({ code, value }) => (
        <li key={code}>
          <button type="button" aria-pressed={pinned.includes(code)} onClick={() => onPin(code)} title={`Show the line of ${name(code)}`}>
            <i style={{ backgroundColor: colourIn(value, domain) ?? "transparent" }} />
            <span class="code">{name(code)}</span>
            <span class="number">{format(value)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
