import { expect, test } from "vitest";
import { faster, placed } from "./marks";

test("marks stand where they happened, what was outside at the ends", () => {
  const found = placed(
    [
      { id: "c", kind: "result", label: "", from: 25 },
      { id: "a", kind: "hold", label: "", from: -1, until: 5 },
      { id: "b", kind: "pause", label: "", from: 10, until: null },
    ],
    20,
  );
  expect(found.map(({ id, left, width }) => [id, left, width])).toEqual([
    ["a", 0, 25],
    ["b", 50, 50],
    ["c", 100, 0],
  ]);
});

test("speeds end somewhere", () => {
  expect([faster(1, 1), faster(1, -1), faster(3, 1), faster(0.75, -1)]).toEqual([1.25, 0.75, 3, 0.75]);
});
