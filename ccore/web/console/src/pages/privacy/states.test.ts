import { expect, test } from "vitest";
import { canCancel, kindOf, moves, ofMap, ofPerson, sums, type Found, type Group } from "./states";

const words = (text: string) => ({ zh: text, en: text });
const MAP = {
  by_two: false,
  places: [
    { place: "audit", name: words("audit"), fate: "kept" as const, why: words("chain"), unless: null },
    { place: "orders", name: words("orders"), fate: "replaced" as const, why: words("books"), unless: words("contract") },
    { place: "customers", name: words("customers"), fate: "deleted" as const, why: null, unless: null },
    { place: "recordings", name: words("recordings"), fate: "deleted" as const, why: null, unless: words("held") },
  ],
};
const rows = (place: string, count: number, kept: number) => ({ place, rows: count, kept, did: null });
const found = (state: string, stays: Record<string, number>, ...places: ReturnType<typeof rows>[]) => ({ state, stays, places }) as unknown as Found;
const told = (groups: Group[]) => groups.map(({ fate, why, items }) => `${fate} ${why?.en ?? ""}: ${items.map(({ place, rows }) => `${place} ${String(rows)}`).join(", ")}`);

test("what goes comes first, and what stays says why", () => {
  const groups = ofPerson(found("found", {}, rows("audit", 1, 1), rows("orders", 3, 1), rows("customers", 1, 0), rows("recordings", 2, 0)), MAP);
  expect(told(groups)).toEqual(["deleted : recordings 2, customers 1", "replaced books: orders 2", "kept chain: audit 1", "kept contract: orders 1"]);
  expect(sums(groups)).toEqual({ deleted: 3, replaced: 2, kept: 2 });
});

test("of who is erased what is there now stays", () => {
  const groups = ofPerson(found("done", { audit: 4 }, rows("orders", 3, 1), rows("gone", 1, 0)), MAP);
  expect(told(groups)).toEqual(["replaced books: orders 2", "kept chain: audit 4"]);
});

test("the map has exceptions by themselves", () => {
  expect(told(ofMap(MAP)).slice(-3)).toEqual(["kept chain: audit null", "kept contract: orders null", "kept held: recordings null"]);
});

test("what waits is told as such, and what has begun cannot be called off", () => {
  expect(kindOf({ state: "erasing", waits: "call" })).toBe("warn");
  expect(kindOf({ state: "erasing", waits: "" })).toBe("busy");
  expect(moves({ state: "erasing" })).toBe(true);
  expect(canCancel({ state: "erasing" })).toBe(false);
  expect(canCancel({ state: "found" })).toBe(true);
});
