import { expect, test } from "vitest";
import { bytes, faults, warning, type Health, type NodeHealth } from "./faults";
import zh from "./zh-CN";

const AT = "2026-11-23T03:00:00Z";
const node: NodeHealth = {
  node: "node1", kind: "embedded", up: true, since: AT, why: "", detail: "", asterisk: "22", booted_at: AT, calls: 0, channels: 0,
  calls_begun: 0, phones: 0, phones_known: 0, lag_s: 0, records_behind_s: 0, records_behind_bytes: 0, spool_files: 0, spool_oldest_s: 0,
  spool_set_aside: 0, gaps_open: 0, corrections: 0, given_up: [], disk_free_permille: 500,
};
const health: Health = {
  at: AT, ready: true, why_not: [], warnings: [], agi_sessions: 0, nodes: [node],
  instances: [{ instance: "one", this: true, here: true, software: "1", began_at: AT, seen_at: AT, loop_lag_ms: 1, version: 1, applied_at: AT, trouble: "", leads: [], links: [] }],
  database: { up: true, standby: false, version: "16", began_at: AT, size_bytes: 1, connections: 1, most_connections: 100, in_use: 0, pool: 10, standbys: [] },
  texts: { gateway: "none", left_alone: false, reason: "", trouble: "", waiting: 0, given_up: 0, unread: 0, set_aside: 0 },
};
const part = (up: boolean, told = "") => ({ up, since: AT, version: "", told });
const names = (...given: Parameters<typeof faults>): string[] => faults(...given).map(({ name }) => name);

test("nothing is wrong with what is well", () => {
  expect(faults(health, new Map([["node node1", part(true)], ["postgresql", part(true)]]), true)).toEqual([]);
});

test("what is told live is told at once, whatever was asked before", () => {
  expect(names(health, new Map([["node node1", part(false, "unreachable")]]), true)).toEqual(["nodeDown"]);
  expect(names(null, new Map([["postgresql", part(false)], ["node a", part(false, "login_refused")]]), false)).toEqual(["databaseDown", "nodeRefuses"]);
});

test("what was asked too long ago is not told as if it were of now", () => {
  const full = { ...health, nodes: [{ ...node, disk_free_permille: 10 }] };
  expect(names(full, new Map(), true)).toEqual(["diskFull"]);
  expect(names(full, new Map(), false)).toEqual([]);
});

test("the worst comes first, and each has its words", () => {
  const bad: Health = {
    ...health,
    nodes: [{ ...node, disk_free_permille: 80, spool_set_aside: 1, spool_oldest_s: 90, spool_files: 2, records_behind_s: 61, given_up: ["x"], gaps_open: 1 }],
    instances: [{ ...health.instances[0]!, here: false }, { ...health.instances[0]!, instance: "two", trouble: "no", loop_lag_ms: 1_000 }],
    database: { ...health.database, standby: true, connections: 95, standbys: [{ name: "b", state: "streaming", kept: "async", behind_s: 31 }] },
    texts: { ...health.texts, left_alone: true, given_up: 1, set_aside: 1 },
    warnings: ["every queue is closed", "something new"],
  };
  const found = faults(bad, new Map(), true);
  expect(found.findIndex(({ kind }) => kind === "warn")).toBe(5);
  expect(found).toHaveLength(17);
  for (const { name } of found) expect(zh.faults, name).toHaveProperty(name);
  expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
});

test("sentences of /health", () => {
  expect(warning("the Asterisk of node1 is not linked")).toBeNull();
  expect(warning("trunk far is shut for campaigns by li: tests: all day")).toEqual({ name: "trunkShut", with: { trunk: "far", who: "li", reason: "tests: all day" } });
  expect(warning("node1: 4% of the disk for recordings is free: calls are no longer recorded")?.name).toBe("recordingsFull");
  expect(warning("what nobody has foreseen")).toEqual({ name: "other", with: {} });
});

test("bytes", () => {
  expect([0, 999, 1_500, 20_000_000, 1_234_567_890].map(bytes)).toEqual(["0 B", "999 B", "1.50 kB", "20.0 MB", "1.23 GB"]);
});
