import { expect, test } from "vitest";
import { summary, type Part } from "./health";

const part = (key: string, up = true): Part => ({ key, up });

test("the worst is told first", () => {
  const ccore = part("ccore");
  expect(summary([ccore, part("postgresql"), part("node a")]).word).toBe("good");
  expect(summary([ccore, part("postgresql"), part("node a"), part("node b", false)])).toEqual({ kind: "warn", word: "someNodes", named: { down: 1, all: 2 } });
  expect(summary([ccore, part("postgresql"), part("node a", false)]).word).toBe("noNode");
  expect(summary([ccore, part("postgresql", false), part("node a", false)]).word).toBe("noDatabase");
});
