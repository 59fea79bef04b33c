// Scenarios as trees.
import { describe, expect, it } from "vitest";
import { half, type NodeItem, shiftsIn, treesOf } from "../../src/pages/nodes/tree";

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

describe("patches and intervals", () => {
  it("say what there is", () => {
    expect(shiftsIn({ variable_deltas: { trust: 0.1, price: 0 } })).toEqual([["trust", 0.1]]);
    expect(shiftsIn(null)).toEqual([]);
    expect(half({ low: 1, high: 3 })).toBe(1);
    expect(half(null)).toBeNaN();
  });
});
