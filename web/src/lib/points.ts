// Where regions without a map of their own are drawn: as points by their coordinates, or as tiles in rows.

/** A place in a box of 975 by 610, which is the size of the map of the states. */
export interface Place {
  x: number;
  y: number;
}

export const WIDTH = 975;
export const HEIGHT = 610;
const MARGIN = 64;

/** Equirectangular places with the parallel in the middle true to scale; null where a region has no coordinates. */
export function placesOf(regions: readonly { latitude: number | null; longitude: number | null }[]): Place[] | null {
  const known = regions.map(({ latitude, longitude }) => ({ lat: latitude ?? NaN, lon: longitude ?? NaN }));
  if (known.length === 0 || !known.every(({ lat, lon }) => Number.isFinite(lat + lon))) return null;
  const [south, north] = range(known.map(({ lat }) => lat));
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const flat = known.map(({ lat, lon }) => ({ x: lon * shrink, y: -lat }));
  const [left, right] = range(flat.map(({ x }) => x));
  const [top, bottom] = range(flat.map(({ y }) => y));
  const room = { x: WIDTH - 2 * MARGIN, y: HEIGHT - 2 * MARGIN };
  const scale = Math.min(room.x / Math.max(right - left, 1e-6), room.y / Math.max(bottom - top, 1e-6));
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return flat.map(({ x, y }) => ({ x: WIDTH / 2 + (x - middle.x) * scale, y: HEIGHT / 2 + (y - middle.y) * scale }));
}

function range(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** Tiles for so many regions: the middle of each, and the length of a side. */
export function tilesOf(count: number): { places: Place[]; side: number } {
  const columns = Math.max(1, Math.ceil(Math.sqrt((count * WIDTH) / HEIGHT)));
  const rows = Math.ceil(count / columns);
  const side = Math.min((WIDTH - 2 * MARGIN) / columns, (HEIGHT - 2 * MARGIN) / Math.max(rows, 1), 180);
  const [left, top] = [(WIDTH - side * columns) / 2, (HEIGHT - side * rows) / 2];
  const place = (i: number) => ({
    x: left + ((i % columns) + 0.5) * side,
    y: top + (Math.floor(i / columns) + 0.5) * side,
  });
  return { places: Array.from({ length: count }, (_, i) => place(i)), side };
}
