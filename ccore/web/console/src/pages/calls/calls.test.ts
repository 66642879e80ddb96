import { expect, test } from "vitest";
import { routed } from "./routing";
import { axis, isAfter, lanes, lasted, sentence, type Step } from "./story";

const AT = "2026-11-23T04:00:";

function step(from: number, until: number | null, lane: string, kind: string, params = {}): Step {
  const at = (seconds: number): string => `${AT}${seconds.toFixed(3).padStart(6, "0")}Z`;
  return { at: at(from), until: until === null ? null : at(until), lane, kind, who: "1001", params, why: [], text: "" };
}

test("lanes go as a call does, and only those with something in them", () => {
  const time = axis(`${AT}00Z`, `${AT}40Z`, 0);
  const found = lanes(
    [step(30, null, "texts", "text"), step(10, 20, "agent:1002", "talked"), step(5, 9, "agent:1001", "rang"), step(0, null, "caller", "came")],
    time,
  );
  expect(found.map(({ lane }) => lane)).toEqual(["caller", "agent:1002", "agent:1001", "texts"]);
  expect(found[1]?.marks[0]).toMatchObject({ left: 25, width: 25, kind: "good", index: 1 });
  expect(found[0]?.marks[0]?.width).toBe(0);
});

test("what overlaps in a lane stands below, and what has not ended goes on to the end", () => {
  const [lane] = lanes([step(0, null, "agent:1", "talked"), step(10, 20, "agent:1", "spied-listen")], axis(`${AT}00Z`, `${AT}40Z`, 0));
  expect(lane?.rows).toBe(2);
  expect(lane?.marks.map(({ row, width }) => [row, width])).toEqual([[0, 100], [1, 25]]);
});

test("what comes after the end is not on the axis", () => {
  const time = axis(`${AT}00Z`, `${AT}10Z`, 0);
  const late = step(20, null, "texts", "text");
  expect(isAfter(late, time)).toBe(true);
  expect(lanes([late], time)).toEqual([]);
  expect(isAfter(step(11, null, "texts", "text"), time)).toBe(false);
});

test("the axis has few ticks, whatever the call's length", () => {
  expect(axis(`${AT}00Z`, `${AT}00Z`, 0).until - axis(`${AT}00Z`, `${AT}00Z`, 0).from).toBe(1_000);
  for (const minutes of [1, 7, 59, 240, 10_000]) {
    const { ticks } = axis(`${AT}00Z`, null, Date.parse(`${AT}00Z`) + minutes * 60_000);
    expect(ticks.length).toBeLessThanOrEqual(101);
    expect(ticks[0]?.left).toBe(0);
  }
});

test("sentences are the narrowest there is, with words in them", () => {
  const words: Record<string, string> = { "step.rang": "rang: {outcome}", "word.outcome.missed": "not taken", "step.rang-answered": "taken" };
  const say = (key: string, named: Record<string, string | number>): string | undefined =>
    words[key]?.replace(/\{(\w+)\}/g, (_all, name: string) => String(named[name]));
  expect(sentence(step(0, 1, "agent:1", "rang", { outcome: "missed" }), say)).toBe("rang: not taken");
  expect(sentence(step(0, 1, "agent:1", "rang", { outcome: "answered" }), say)).toBe("taken");
  expect(sentence(step(0, 1, "agent:1", "unheard-of"), say)).toBe("unheard-of");
  expect(lasted(step(1, 3.5, "menu", "menu"))).toBe(2.5);
  expect(lasted(step(1, null, "menu", "menu"))).toBeNull();
});

test("routing is told in Chinese as far as it is known", () => {
  expect(routed("penalty 0 is the least of all who can be rung; has rested for 12 s, one of 2 who are alike", true)).toBe(
    "在可振铃的坐席中惩罚值 0 最低（技能最匹配）；已空闲 12 秒；2 名坐席条件相同，任选其一",
  );
  expect(routed("paused (rest)", true)).toBe("置忙（rest）");
  expect(routed("something new", true)).toBe("something new");
  expect(routed("any agent", false)).toBe("any agent");
});
