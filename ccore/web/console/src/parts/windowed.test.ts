import { expect, test } from "vitest";
import { windowed } from "./windowed";

test("what is seen is drawn, with some beside it", () => {
  expect(windowed(1_000, 36, 3_600, 360)).toEqual({ first: 92, end: 118 });
});

test("the ends of the list", () => {
  expect(windowed(1_000, 36, 0, 360)).toEqual({ first: 0, end: 18 });
  expect(windowed(1_000, 36, 35_640, 360)).toEqual({ first: 982, end: 1_000 });
});

test("a list that became shorter than where one had scrolled to", () => {
  expect(windowed(5, 36, 35_640, 360)).toEqual({ first: 5, end: 5 });
  expect(windowed(0, 36, 0, 360)).toEqual({ first: 0, end: 0 });
});
