import { expect, test } from "vitest";
import { amountOf, days, earns, ruleNow, shownNumber, spanOf, waysOf } from "./claim";

test("a number is dialled whole, and texted without its access number", () => {
  const ways = waysOf({ number: "1008610001", product: "10", code: "001" });
  expect(ways).toEqual({ number: "1008610001", access: "10086", text: "10001" });
  expect(shownNumber(ways!, "10")).toBe("10086 10 001");
});

test("a check digit stands in both", () => {
  expect(waysOf({ number: "10086100017", product: "10", code: "001" })).toEqual({ number: "10086100017", access: "10086", text: "100017" });
});

test("digits that repeat are not taken for the access number", () => {
  expect(waysOf({ number: "1010101", product: "10", code: "1" })).toEqual({ number: "1010101", access: "1010", text: "101" });
  expect(waysOf({ number: "11111111", product: "11", code: "111" })).toEqual({ number: "11111111", access: "111", text: "11111" });
});

test("a number that is not in the plan has no ways", () => {
  expect(waysOf({ number: "", product: "10", code: "001" })).toBeNull();
});

const rule = (starts: string | null, ends: string | null, fen: number) => ({ kind: "flat" as const, fen, starts, ends });

test("of versions, the one that holds now", () => {
  const rules = [rule(null, "2026-11-01T00:00:00Z", 100), rule("2026-11-01T00:00:00Z", null, 200)];
  expect(ruleNow(rules, Date.parse("2026-10-31T23:59:59Z"))?.fen).toBe(100);
  expect(ruleNow(rules, Date.parse("2026-11-01T00:00:00Z"))?.fen).toBe(200);
  expect(ruleNow(rules.slice(0, 1), Date.parse("2026-11-01T00:00:00Z"))).toBeNull();
});

test("a percentage is rounded to the fen as the ledger does", () => {
  expect(earns(1990, { basis_points: 1250 })).toBe(249);
  expect(earns(1000, { fen: 200 })).toBe(200);
  expect(earns(1000, { fen: 0 })).toBe(0);
});

test("a release moves what a payout pays; the others are what came", () => {
  expect(amountOf({ kind: "sale", held_fen: 200, payable_fen: 0, paid_fen: 0 })).toBe(200);
  expect(amountOf({ kind: "release", held_fen: -200, payable_fen: 200, paid_fen: 0 })).toBe(200);
  expect(amountOf({ kind: "payout", held_fen: 0, payable_fen: -200, paid_fen: 200 })).toBe(200);
  expect(amountOf({ kind: "clawback", held_fen: 0, payable_fen: -200, paid_fen: 0 })).toBe(-200);
});

test("spans of days end before the day after", () => {
  expect(spanOf("week", "2026-03-03")).toEqual({ since: "2026-02-25", until: "2026-03-04" });
  expect(spanOf("last-month", "2026-01-15")).toEqual({ since: "2025-12-01", until: "2026-01-01" });
  expect(days("2026-02-27", "2026-03-02")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
});
