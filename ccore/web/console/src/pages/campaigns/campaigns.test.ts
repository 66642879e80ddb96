import { describe, expect, it } from "vitest";
import { headingsIn, headingsOf, pressure, slug, steps, wanted, type Sample } from "./figures";

const SAMPLE: Sample = {
  node: "node1", at: "2026-11-23T02:00:00Z", began: 2, hung_up: 0, gate: "progressive", idle: 1, busy: 3, waiting: 0,
  outstanding: 2, expected_free: 1.5, expected_answers: 1, bank: 0,
};

describe("pace", () => {
  it("adds what nodes did in a step, and leaves a hole where nothing was decided", () => {
    const found = steps([SAMPLE, { ...SAMPLE, node: "node2", began: 5 }, { ...SAMPLE, at: "2026-11-23T02:00:20Z", began: 1 }], 10);
    expect(found.map(({ of }) => of?.began ?? null)).toEqual([7, null, 1]);
    expect(found[0]?.of?.expected_free).toBe(3);
  });
  it("is empty of nothing", () => expect(steps([], 10)).toEqual([]));
});

describe("abandonment", () => {
  it("tells how near the limit is", () => {
    expect([pressure(null, 30), pressure(0, 30), pressure(24, 30), pressure(30, 30)]).toEqual([null, "good", "warn", "bad"]);
  });
});

describe("a file's headings", () => {
  it("are those that were taken for something and those left out, each once", () => {
    const columns = { number: "手机号", name: null, priority: null, not_before: null, agent: null, others: ["备用"], fields: { plan: "plan" }, left_out: ["备注", "手机号"] };
    expect(headingsOf(columns, "")).toEqual(["手机号", "备用", "plan", "备注"]);
  });
  it("are named by a refusal", () => {
    expect(headingsIn("no column looks like telephone numbers: name it / 找不到号码列，请指明. Headings: a, 客户 b")).toEqual(["a", "客户 b"]);
    expect(headingsIn("the file is empty")).toEqual([]);
  });
});

it("what may be done with a campaign is what changes it", () => {
  for (const state of ["running", "draining", "stopped"] as const) expect(wanted(state)).not.toContain(state);
});

it("phrases are keys", () => expect(slug("contacts of its lists now")).toBe("contacts_of_its_lists_now"));
