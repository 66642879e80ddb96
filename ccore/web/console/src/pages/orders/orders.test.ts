import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import { asked, fits, from, newest, NOTHING, ofFile } from "./sought";

const ORDER = { state: "active", channel: "call", product: "10", claim: "001", employee: "E001" } as Schema["LiveOrder"];

test("what is asked leaves out what nobody has said, and a last day is one of them", () => {
  expect(asked(NOTHING)).toEqual({});
  expect(asked({ ...NOTHING, employee: " E001 ", code: "10086 10 001", number: "138 0000-0001", since: "2026-02-27", last: "2026-02-28" })).toEqual({
    employee: "E001", code: "1008610001", subscriber: "13800000001", since: "2026-02-27", until: "2026-03-01",
  });
});

test("an address says what is looked for", () => {
  expect(from({ employee: "E001", state: "active", since: "2026-02-27", other: "x", product: ["1", "2"] })).toEqual({ ...NOTHING, employee: "E001", state: "active", since: "2026-02-27" });
});

test("a file is of today unless days are said", () => {
  expect(ofFile({ ...NOTHING, state: "active", department: "a,b" }, "2026-02-28")).toEqual({ states: "active", departments: "a\\,b", since: "2026-02-28", until: "2026-03-01" });
  expect(ofFile({ ...NOTHING, last: "2026-02-01" }, "2026-02-28")).toEqual({ since: "2000-01-01", until: "2026-02-02" });
  expect(ofFile({ ...NOTHING, since: "2026-02-01", number: "13800000001" }, "2026-02-28")).toEqual({ since: "2026-02-01", until: "2026-03-01" });
});

test.each([
  [{}, true],
  [{ state: "active", product: "10", employee: "E001", channel: "call" }, true],
  [{ state: "pending_confirm" }, false],
  [{ employee: "E002" }, false],
  [{ code: "1008610001" }, true],
  [{ code: "1008610002" }, false],
  [{ since: "2026-02-28" }, true],
  [{ since: "2026-03-01" }, false],
  [{ last: "2026-02-27" }, false],
  [{ department: "North" }, false],
  [{ number: "13800000001" }, false],
])("a new order is told to who looks for %j: %s", (wanted, told) => {
  expect(fits(ORDER, { ...NOTHING, ...wanted }, "2026-02-28")).toBe(told);
});

test("the newest of what is told", () => {
  expect(newest(["9", "10", "2"])).toBe(10);
  expect(newest([])).toBe(0);
});
