import { expect, test } from "vitest";
import { byUrgency, counted, found, isBelow, isLate, page, share, together, type Agent, type Queue } from "./figures";

const NOW = Date.parse("2026-11-23T03:00:00Z");
const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

function queue(key: string, more: Partial<Queue> = {}): Queue {
  const counts = { free: 0, ringing: 0, talking: 0, wrap_up: 0, paused: 0, offered: 0, answered: 0, abandoned: 0 };
  const target = { target_permille: 800, target_within_s: 20 };
  const level = { service_level_permille: null, level_calls: 0, counted_until: null };
  return { key, title: {}, waiting: 0, longest_since: null, ...counts, ...target, ...level, ...more };
}

function agent(key: string, state: string, more: Partial<Agent> = {}): Agent {
  const where = { node: "node1", device: `2${key}`, kind: "phone" as const, queue: "", call: "", reason: "", wrap_up_until: null };
  return { key, name: `张${key}`, state, since: ago(5), queues: ["service"], ...where, ...more };
}

test("all queues together: a level counts as many calls as it is of", () => {
  const all = together([
    queue("a", { service_level_permille: 900, level_calls: 90, waiting: 2, longest_since: ago(5), offered: 100, answered: 95 }),
    queue("b", { service_level_permille: 100, level_calls: 10, waiting: 1, longest_since: ago(50), offered: 10, abandoned: 9 }),
    queue("c", { target_permille: 100 }),
  ]);
  expect(all).toMatchObject({ waiting: 3, longestSince: ago(50), levelPermille: 820, targetPermille: 800, below: 1 });
  expect(all).toMatchObject({ offered: 110, answered: 95, abandoned: 9 });
});

test("of nothing there is no level", () => {
  expect(together([])).toMatchObject({ waiting: 0, levelPermille: null, longestSince: null });
  expect(share(1, 0)).toBeNull();
});

test("late, then waiting, then below what is promised; others by name", () => {
  const late = queue("d", { waiting: 1, longest_since: ago(20) });
  const waits = queue("c", { waiting: 1, longest_since: ago(19) });
  const below = queue("b", { service_level_permille: 799 });
  expect([isLate(late, NOW), isLate(waits, NOW), isBelow(below), isBelow(queue("x"))]).toEqual([true, false, true, false]);
  const sorted = byUrgency([queue("z10"), queue("z9"), below, waits, late], NOW, ({ key }) => key);
  expect(sorted.map(({ key }) => key)).toEqual(["d", "c", "b", "z9", "z10"]);
});

test("agents by what they do, by a part of their name, by queue; who is not there only if looked for", () => {
  const agents = [agent("1002", "talking"), agent("1001", "ready", { queues: ["beta"] }), agent("1003", "signed-out")];
  expect(counted(agents)).toMatchObject({ ready: 1, talking: 1, "signed-out": 1, paused: 0 });
  const keys = (...said: [string, string, string]): string[] => found(agents, ...said).map(({ key }) => key);
  expect(keys("", "", "")).toEqual(["1001", "1002"]);
  expect(keys("张100", "", "")).toEqual(["1001", "1002", "1003"]);
  expect(keys("", "signed-out", "")).toEqual(["1003"]);
  expect(keys("", "", "beta")).toEqual(["1001"]);
});

test("pages come round", () => {
  expect(page([1, 2, 3], 2, 0)).toEqual({ rows: [1, 2], page: 1, pages: 2 });
  expect(page([1, 2, 3], 2, 3)).toEqual({ rows: [3], page: 2, pages: 2 });
  expect(page([], 2, 7)).toEqual({ rows: [], page: 1, pages: 1 });
});
