// The outlines of the states, from us-atlas (the Census Bureau's cartographic boundaries of 2017, projected by Albers to 975
// by 610). A file of its own, loaded when a map of the states is first shown.
import { geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "us-atlas/states-albers-10m.json";
import { POSTAL } from "../lib/states";

export interface Outline {
  code: string;
  name: string;
  path: string;
}

const topology = atlas as unknown as Topology<{ states: GeometryCollection<{ name: string }> }>;
const draw = geoPath().digits(1);

/** One outline per state and for the District of Columbia, by postal code. */
export const OUTLINES: readonly Outline[] = feature(topology, topology.objects.states).features.flatMap((state) => {
  const code = POSTAL.get(String(state.id));
  const path = draw(state);
  return code && path ? [{ code, name: state.properties.name, path }] : [];
});
