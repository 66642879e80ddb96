import { expect, test } from "vitest";
import { answered, byHour, CAUSES, duration, use } from "./figures";
import zh from "./zh-CN";

test("a trunk grows warm, then full", () => {
  const at = (inward: number, outward: number) => use({ channels: 30, inward, outward });
  expect(at(0, 0)).toEqual({ used: 0, percent: 0, level: "free" });
  expect(at(12, 11).level).toBe("free");
  expect(at(12, 12)).toEqual({ used: 24, percent: 80, level: "warm" });
  expect(at(29, 0).level).toBe("full");
  expect(use({ channels: 0, inward: 0, outward: 0 }).percent).toBe(0);
});

test("of no calls there is no rate", () => {
  expect(answered({ calls: 0, answered: 0 })).toBeNull();
  expect(answered({ calls: 3, answered: 2 })).toBe(667);
  expect(duration({ answered: 0, seconds: 0 })).toBeNull();
  expect(duration({ answered: 4, seconds: 10 })).toBe(2.5);
});

test("hours", () => {
  const hours = byHour(
    [
      { trunk: "a", direction: "in", at: "2026-11-23T03:00:00Z", calls: 3 },
      { trunk: "b", direction: "out", at: "2026-11-23T02:00:00Z", calls: 2 },
      { trunk: "b", direction: "out", at: "2026-11-20T02:00:00Z", calls: 9 },
    ],
    "",
    Date.parse("2026-11-23T03:59:00Z"),
  );
  expect(hours).toHaveLength(24);
  expect(hours.slice(-2).map(({ inward, outward }) => [inward, outward])).toEqual([[0, 2], [3, 0]]);
  expect(hours.reduce((all, { outward }) => all + outward, 0)).toBe(2);
});

test("each cause has its words", () => {
  for (const cause of CAUSES) expect(zh.cause).toHaveProperty(`q${cause}`);
});
