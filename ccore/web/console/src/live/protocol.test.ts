import { expect, test } from "vitest";
import { wait } from "./backoff";
import { NOTHING, subscription, take, type Known } from "./protocol";

const AT = "2026-11-23T03:00:00Z";
const known: Known = { epoch: "e", seq: 4, at: AT, gap: null, denied: null };

test("a snapshot replaces what was known, of whatever epoch", () => {
  const change = take(known, { topic: "agents", epoch: "f", seq: 1, snapshot: { "1001": {} }, at: AT });
  expect(change.replaced).toEqual({ "1001": {} });
  expect(change.known).toMatchObject({ epoch: "f", seq: 1 });
  expect(change.again).toBeUndefined();
});

test("the next change is taken", () => {
  const change = take(known, { topic: "agents", epoch: "e", seq: 5, set: { a: 1 }, unset: ["b"] });
  expect(change).toMatchObject({ set: { a: 1 }, unset: ["b"], known: { seq: 5, at: AT } });
});

test("after a hole, or in another epoch, it is asked for anew from what is known", () => {
  for (const frame of [{ epoch: "e", seq: 6 }, { epoch: "f", seq: 5 }]) {
    const change = take(known, { topic: "agents", set: { a: 1 }, ...frame });
    expect(change).toEqual({ known, again: true });
  }
  expect(subscription("agents", known)).toEqual({ do: "subscribe", topic: "agents", seq: 4, epoch: "e" });
});

test("what is old changes nothing, and what comes before a snapshot asks for one", () => {
  expect(take(known, { topic: "agents", epoch: "e", seq: 4, set: { a: 1 } })).toEqual({ known });
  expect(take(NOTHING, { topic: "agents", epoch: "e", seq: 4, set: {} }).again).toBe(true);
  expect(subscription("agents", NOTHING)).toEqual({ do: "subscribe", topic: "agents" });
});

test("gaps come and go, refusals empty the topic", () => {
  const gapped = take(known, { topic: "agents", gap: { since: AT } });
  expect(gapped.known.gap).toEqual({ since: AT });
  expect(gapped.known.seq).toBe(4);
  expect(take(gapped.known, { topic: "agents", gap: null }).known.gap).toBeNull();
  expect(take(known, { topic: "agents", denied: "no" })).toMatchObject({ known: { denied: "no", seq: null }, replaced: {} });
});

test("waits grow to a limit, and are never all the same", () => {
  expect(wait(0, () => 0)).toBe(125);
  expect(wait(3, () => 1)).toBe(2_000);
  expect(wait(99, () => 1)).toBe(15_000);
  expect(wait(99, () => 0)).toBe(7_500);
});
