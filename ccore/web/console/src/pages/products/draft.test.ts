import { expect, test } from "vitest";
import { decimal, draftOf, empty, EMPTY, hundredths, productOf, regionsOf, ruleOf, wrong, type Draft } from "./draft";

const DRAFT: Draft = { ...EMPTY, code: "20", nameZh: "流量包", nameEn: "Data", price: "19.9", earns: "12.5", kind: "percent" };
const local = (iso: string): string => iso.slice(0, 16);
const instant = (text: string): string => `${text}:00Z`;

test.each([
  ["19.9", 1990],
  ["0.01", 1],
  ["100", 10_000],
  ["1.005", null],
  ["1e3", null],
  ["", null],
  ["-1", null],
])("%s is %s hundredths", (text, found) => expect(hundredths(text)).toBe(found));

test("hundredths are shown as they are written", () => {
  expect([1990, 1, 10_000, 1250, 0].map(decimal)).toEqual(["19.9", "0.01", "100", "12.5", "0"]);
});

test("what is missing is named", () => {
  expect(wrong(EMPTY)).toEqual(["code", "nameZh", "nameEn", "price", "earns"]);
  expect(wrong(DRAFT)).toEqual([]);
  expect(wrong({ ...DRAFT, starts: "2026-11-23T08:00", ends: "2026-11-23T08:00" })).toEqual(["ends"]);
  expect(wrong({ ...DRAFT, tiers: [{ nth: "1", earns: "2" }] })).toEqual(["tiers"]);
});

test("a form becomes a product and a form again", () => {
  const draft = { ...DRAFT, starts: "2026-11-23T08:00", needs: "10, 11", tiers: [{ nth: "10", earns: "15" }] };
  const product = productOf(draft, null, instant);
  expect(product.price_fen).toBe(1990);
  expect(product.commission).toEqual([{ ...ruleOf(draft), starts: null, ends: null }]);
  expect(product.commission[0]?.tiers).toEqual([{ nth: 10, basis_points: 1500 }]);
  expect(draftOf(product, local)).toEqual(draft);
});

test("what the form does not have stays as it was, and so do several versions of the rule", () => {
  const was = { ...productOf(DRAFT, null, instant), provision_as: "PACK", commission: [{ ...ruleOf(DRAFT), ends: "2026-12-01T00:00:00Z" }, { ...ruleOf(DRAFT), starts: "2026-12-01T00:00:00Z" }] };
  const product = productOf({ ...DRAFT, nameEn: "Data pack", earns: "1" }, was, instant);
  expect([product.provision_as, product.name.en]).toEqual(["PACK", "Data pack"]);
  expect(product.commission).toEqual(was.commission);
});

test("combos and regions become a product and a form again; a new region is told with it", () => {
  const draft = { ...DRAFT, combo: true, parts: ["10", "11"], partHeld: "allow" as const, regions: ["beijing"], beginnings: "+86139" };
  const product = productOf(draft, null, instant);
  expect(product.combo).toEqual({ parts: ["10", "11"], part_held: "allow" });
  expect(product.eligibility).toEqual({ needs: [], excludes: [], regions: ["beijing"], beginnings: ["+86139"] });
  expect(draftOf(product, local)).toEqual(draft);
  const more = { ...draft, newRegions: [{ name: "hainan", beginnings: "+86898，+86899" }] };
  expect(regionsOf(more)).toEqual({ hainan: { beginnings: ["+86898", "+86899"] } });
  expect(productOf(more, product, instant).eligibility?.regions).toEqual(["beijing", "hainan"]);
  expect(productOf({ ...draft, combo: false }, product, instant).combo).toBeNull();
});

test("an empty form has lists of its own", () => {
  empty().parts.push("10");
  expect(EMPTY.parts).toEqual([]);
});
