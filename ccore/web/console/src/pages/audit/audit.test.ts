import { expect, test } from "vitest";
import { lines, parted } from "./entries";
import { faultOf } from "./faults";

test("what was before stands beside what is now", () => {
  expect(lines({ role: "supervisor", before: { role: "agent" } })).toEqual([{ key: "role", before: "agent", after: "supervisor" }]);
  expect(lines({ agent: null, scopes: [], n: 0, more: { a: 1 } })).toEqual([
    { key: "agent", before: null, after: "—" },
    { key: "scopes", before: null, after: "—" },
    { key: "n", before: null, after: "0" },
    { key: "more", before: null, after: '{"a":1}' },
  ]);
  expect(lines({ before: { gone: true } })).toEqual([{ key: "gone", before: "true", after: "—" }]);
});

test("a subject has a kind, and a name that may have colons", () => {
  expect(parted("call:node1!1:2")).toEqual({ kind: "call", name: "node1!1:2" });
  expect(parted("employees")).toEqual({ kind: "employees", name: "" });
});

test("a fault of the chain has a word, and one that is new stays as it is said", () => {
  expect(faultOf("entry 12 is not as it was sealed")).toEqual({ word: "entryChanged", named: { number: "12" } });
  expect(faultOf("something new")).toBeNull();
});
