// The outlines of the states, from us-atlas: the Census Bureau's cartographic boundaries of 2017, projected by Albers to 975
// by 610. Pure.
import { geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { POSTAL } from "./states";

export interface Outline {
  code: string;
  name: string;
  path: string;
}

/** The file of us-atlas. */
export type States = Topology<{ states: GeometryCollection<{ name: string }> }>;

/** One outline per state and for the District of Columbia, by postal code. */
export function outlinesOf(topology: States): readonly Outline[] {
  const draw = geoPath().digits(1);
  return feature(topology, topology.objects.states).features.flatMap((state) => {
    const code = POSTAL.get(String(state.id));
    const path = draw(state);
    return code && path ? [{ code, name: state.properties.name, path }] : [];
  });
}
