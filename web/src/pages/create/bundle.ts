// The bundle of event scripts that a run goes through, as it stands in the form. A run that is made like another sends the
// effects that its bundle had then, each in its place among the others, which is how the API gives the same run again, whatever
// became of the bundle. Pure.
import type { Patch } from "../../lib/scenario";
import type { EffectDraft } from "./effects";

/** A bundle in the form; no id means none. */
export interface BundleDraft {
  id: string;
  /** Whether its impact is told by a twin run. */
  attribution: boolean;
  /** Of a run that this one is made like: the version whose effects it had. */
  version: number | null;
}

/** No bundle. */
export function emptyBundle(): BundleDraft {
  return { id: "", attribution: false, version: null };
}

/** The bundle that a run had. */
export function bundleLike(patch: Patch | null | undefined): BundleDraft {
  return {
    id: patch?.event_bundle_id ?? "",
    attribution: patch?.attribution === true,
    version: patch?.event_bundle_version ?? null,
  };
}

/** What a patch says of it, besides the effects. */
export function bundleOf({ id, attribution, version }: BundleDraft): Patch {
  if (id === "") return {};
  return { event_bundle_id: id, ...(version !== null && { event_bundle_version: version }), ...(attribution && { attribution }) };
}

/** The effects without those of this bundle that another run had. */
export function withoutBundle(effects: readonly EffectDraft[], id: string): EffectDraft[] {
  return effects.filter(({ kept }) => kept?.cause?.event_bundle_id !== id);
}
