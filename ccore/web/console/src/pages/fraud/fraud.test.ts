import { expect, test } from "vitest";
import type { Schema } from "@/api/client";
import en from "./en";
import { atStake, figures, lacks, oneEach } from "./plain";
import zh from "./zh-CN";

const RULES = [
  { reason: "claim-hour", figures: { orders: 30 } },
  { reason: "busiest", figures: { times: 5, orders: 30 } },
  { reason: "price", figures: { from_fen: 10000 } },
  { reason: "velocity", figures: { orders: 2, within_s: 3600 } },
] as unknown as Schema["FraudRule"][];

test.each([
  ["claim-hour", {}, { orders: 30 }],
  ["busiest", { orders: 44, middle: 3 }, { times: 5, orders: 44, middle: 3 }],
  ["price", {}, { from_fen: 10000, price: "¥100.00" }],
  ["velocity", {}, { orders: 2, within_s: 3600, minutes: 60 }],
  ["gone", { tries: 3, more: [1] }, { tries: 3 }],
])("%s says %j", (reason, detail, told) => {
  expect(figures({ reason, detail }, RULES)).toEqual(told);
});

test("a sentence of which a figure is not known is not said", () => {
  expect(lacks("{orders} of {days}", { orders: 1 })).toBe(true);
  expect(lacks("{orders}", { orders: 0 })).toBe(false);
});

test("each order counts once, and is decided once", () => {
  const flags = [
    { flag: 1, order: 7, held_fen: 200, earned_fen: 200 },
    { flag: 2, order: 7, held_fen: 200, earned_fen: 200 },
    { flag: 3, order: 8, held_fen: 0, earned_fen: 500 },
  ];
  expect(atStake(flags)).toEqual({ orders: 2, held: 200, earned: 700 });
  expect(oneEach(flags).map(({ order }) => order)).toEqual([7, 8]);
});

test("every rule of the configuration is told in words", () => {
  const rules = ["own-number", "price", "first-order", "velocity", "odd-trunk", "new-seller", "off-shift", "claim-hour", "trunk-hour", "cycle", "busiest", "few-numbers", "former-staff"];
  expect(Object.keys(zh.rule).sort()).toEqual(rules.sort());
  expect(Object.keys(en.rule).sort()).toEqual(rules.sort());
});
