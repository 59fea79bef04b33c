// Scenarios as trees, and what they change.
import { describe, expect, it } from "vitest";
import { deeds, type Patch, plainShifts } from "../../src/lib/scenario";
import { half, type NodeItem, treesOf } from "../../src/pages/nodes/tree";

const node = (id: string, parent: string | null) => ({ id, parent_node_id: parent }) as NodeItem;

describe("treesOf", () => {
  it("puts children below their parents", () => {
    const trees = treesOf([node("a", null), node("b", "a"), node("c", "b"), node("d", "a"), node("e", null)]);
    const shape = (tree: (typeof trees)[number]): unknown => [tree.node.id, ...tree.children.map(shape)];
    expect(trees.map(shape)).toEqual([["a", ["b", ["c"]], ["d"]], ["e"]]);
  });
  it("begins a tree where the parent is not shown", () => {
    expect(treesOf([node("b", "a"), node("c", "b")]).map(({ node, children }) => [node.id, children.length])).toEqual([["b", 1]]);
  });
});

describe("half", () => {
  it("is half the width, where there is an interval", () => {
    expect(half({ low: 1, high: 3 })).toBe(1);
    expect(half(null)).toBeNaN();
  });
});

describe("patches", () => {
  const patch: Patch = {
    variable_deltas: {
      trust: 0.1, media: 0,
      price: [{ delta: 0.4, from_tick: 10, until_tick: 40, regions: ["TX", "LA"] }, { delta: -0.2, segments: ["late_majority"] }],
    },
    effects: [{ variable: "media", operation: "max", value: 0.8, from_tick: 10 }],
    event_bundle_id: null,
  };
  it("are told in words", () => {
    expect(deeds(patch)).toEqual([
      { name: "Trust", text: "+0.10" },
      { name: "Price", text: "+0.40 from tick 10 until 40 in TX, LA" },
      { name: "Price", text: "\u22120.20 for late majority" },
      { name: "Media", text: "at least 0.8 from tick 10" },
    ]);
    expect(deeds(null)).toEqual([]);
  });
  it("have plain shifts", () => {
    expect(plainShifts(patch)).toEqual({ trust: 0.1 });
    expect(plainShifts(null)).toEqual({});
  });
});
