import { expect, test } from "vitest";
import { aside } from "./aside";

test("whom the agent talks with follows from what was done", () => {
  expect(aside([])).toBe("none");
  expect(aside(["held", "resumed", "consulted"])).toBe("asks");
  expect(aside(["consulted", "consult-swap"])).toBe("caller");
  expect(aside(["consulted", "consult-swap", "consult-swap"])).toBe("asks");
  expect(aside(["consulted", "consult-swap", "consult-three-way"])).toBe("three");
  expect(aside(["consulted", "consult-cancel", "noted"])).toBe("none");
  expect(aside(["consulted", "consult-cancel", "consulted"])).toBe("asks");
  expect(aside(["consult-swap"], "asks")).toBe("caller");
});
