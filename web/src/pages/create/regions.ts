// The regions of the form's data set: they are suggested where one is asked for, and a code that none of them has is said
// before the server refuses it.
import { useGet } from "../../api/use";
import type { DatasetItem, RegionRow } from "../../api/types";
import type { Draft } from "./request";

/** As many regions as a data set may have. */
const MOST_REGIONS = 4096;

/** The regions of the data set that a draft names; null while they are not known. `items` are all versions of all data sets of one's own. */
export function useRegions({ dataset, kept }: Pick<Draft, "dataset" | "kept">, items: readonly DatasetItem[] | undefined): RegionRow[] | null {
  const versions = (items ?? []).filter(({ name }) => name === dataset).map(({ version }) => version);
  // Of a data set of one's own a whole number is a version, and anything else the newest; those that come with civitas have 0.
  const meant = /^\d+$/.test(String(kept.dataset_version)) && versions.length > 0;
  const version = meant ? kept.dataset_version : Math.max(0, ...versions);
  const path = `/datasets/${encodeURIComponent(dataset)}/${encodeURIComponent(String(version))}?regions=${MOST_REGIONS}`;
  const { data } = useGet<{ preview: RegionRow[] }>(items ? path : null);
  return data?.preview ?? null;
}

/** What is wrong with codes of regions, with commas in between; null where nothing is, or nothing is known. */
export function wrongRegions(text: string, regions: readonly RegionRow[] | null): string | null {
  if (regions === null) return null;
  const codes = new Set(regions.map(({ code }) => code));
  const unknown = text.split(",").map((each) => each.trim()).find((each) => each !== "" && !codes.has(each));
  return unknown === undefined ? null : `the data set has no region ${unknown}`;
}
