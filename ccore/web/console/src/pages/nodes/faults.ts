/** What is wrong with the site, put together of what is told live and what was asked last: pure. */
import type { Schema } from "@/api/client";

export type Health = Schema["SiteHealth"];
export type NodeHealth = Health["nodes"][number];
type Live = ReadonlyMap<string, Schema["LiveHealth"]>;

/** `name` has its words: what it is, what callers hear, what is to be done. `said` is the server's own sentence, in English. */
export interface Fault {
  key: string;
  name: string;
  kind: "bad" | "warn";
  with: Record<string, string | number>;
  since: string | null;
  said: string;
}

const LATE_S = 60;
const LITTLE_DISK_PERMILLE = 100;
const NO_DISK_PERMILLE = 30;
const LATE_LOOP_MS = 1_000; // callers hear a menu that much later
const FULL_PERCENT = 90;
const BEHIND_S = 30;

/** Why a link is down, as far as it makes a difference to whoever mends it. */
const WHY: Readonly<Record<string, string>> = {
  unreachable: "nodeDown",
  closed: "nodeDown",
  shutting_down: "nodeDown",
  not_booted: "nodeStarts",
  silent: "nodeSilent",
  login_refused: "nodeRefuses",
  not_asterisk: "nodeOther",
};

/** The faults there are, the worst first. What is told live goes before what was asked: that is seconds old. */
export function faults(health: Health | null, live: Live, asked: boolean): Fault[] {
  const found: Fault[] = [];
  const add = (name: string, kind: Fault["kind"], more: Partial<Fault> = {}): void => {
    found.push({ key: `${name} ${Object.values(more.with ?? {}).join(" ")}`, name, kind, with: {}, since: null, said: "", ...more });
  };
  const database = live.get("postgresql");
  if (database && !database.up) add("databaseDown", "bad", { since: database.since });
  for (const [key, { up, since, told }] of live) {
    if (up || !key.startsWith("node ")) continue;
    const node = key.slice(5);
    const detail = health?.nodes.find((each) => each.node === node && !each.up)?.detail ?? "";
    add(WHY[told] ?? "nodeAway", "bad", { with: { node }, since, said: detail });
  }
  if (!health) return found;
  if (!asked) return order(found);
  for (const node of health.nodes) ofNode(node, add);
  for (const one of health.instances) {
    if (!one.here) add("instanceGone", "bad", { with: { instance: one.instance }, since: one.seen_at });
    else {
      if (one.trouble) add("versionNotApplied", "bad", { with: { instance: one.instance }, said: one.trouble });
      if (one.loop_lag_ms >= LATE_LOOP_MS) add("loopLate", "warn", { with: { instance: one.instance, ms: one.loop_lag_ms } });
    }
  }
  const { database: postgres, texts } = health;
  if (postgres.standby) add("databaseReadOnly", "bad");
  if (100 * postgres.connections >= FULL_PERCENT * postgres.most_connections)
    add("databaseFull", "warn", { with: { connections: postgres.connections, most: postgres.most_connections } });
  for (const { name, behind_s: behind } of postgres.standbys)
    if (behind !== null && behind > BEHIND_S) add("standbyBehind", "warn", { with: { name, seconds: Math.round(behind) } });
  if (texts.left_alone) add("textsRefused", "bad", { said: texts.reason });
  if (texts.given_up) add("textsGivenUp", "warn", { with: { count: texts.given_up } });
  if (texts.set_aside) add("textsSetAside", "warn", { with: { count: texts.set_aside } });
  for (const sentence of health.warnings) {
    const told = warning(sentence);
    if (told) add(told.name, "warn", { with: told.with, said: told.name === "other" ? sentence : "" , key: sentence });
  }
  return order(found);
}

type Add = (name: string, kind: Fault["kind"], more?: Partial<Fault>) => void;

function ofNode(node: NodeHealth, add: Add): void {
  const own = { node: node.node };
  if ((node.records_behind_s ?? 0) > LATE_S) add("recordsBehind", "warn", { with: { ...own, seconds: Math.round(node.records_behind_s ?? 0) } });
  if ((node.spool_oldest_s ?? 0) > LATE_S) add("spoolWaits", "bad", { with: { ...own, files: node.spool_files ?? 0 } });
  if (node.spool_set_aside) add("spoolSetAside", "warn", { with: { ...own, files: node.spool_set_aside } });
  if (node.given_up.length > 0) add("givenUp", "warn", { with: { ...own }, said: node.given_up.join("; ") });
  if (node.gaps_open > 0 && node.up) add("gapOpen", "warn", { with: { ...own, count: node.gaps_open } });
  const free = node.disk_free_permille;
  if (free !== null && free < LITTLE_DISK_PERMILLE)
    add(free < NO_DISK_PERMILLE ? "diskFull" : "diskLittle", free < NO_DISK_PERMILLE ? "bad" : "warn", { with: { ...own, percent: (free / 10).toFixed(1) } });
}

function order(found: Fault[]): Fault[] {
  return found.sort((one, other) => Number(one.kind !== "bad") - Number(other.kind !== "bad"));
}

/** Sentences of /health that this page has words for; null: it tells them already. */
const KNOWN: readonly [RegExp, string | null][] = [
  [/^the Asterisk of \S+ is not linked$/, null],
  [/^the call records of \S+ do not come in$/, null],
  [/^orders taken by \S+ alone are not taken in$/, null],
  [/^lines that are no order wait for a person/, null],
  [/ has what ccore cannot mend: /, null],
  [/^the gateway of text messages does not take them/, null],
  [/ text messages were given up in the last 24 hours/, null],
  [/ incoming text messages wait for a person/, null],
  [/^trunk (?<trunk>\S+) is shut for campaigns by (?<who>[^:]+): (?<reason>.*)$/, "trunkShut"],
  [/^trunk (?<trunk>\S+) at (?<node>\S+) rests until (?<until>[0-9:]+)/, "trunkRests"],
  [/^trunk (?<trunk>\S+) has spent what it may/, "trunkSpent"],
  [/^every queue is closed$/, "everyQueueClosed"],
  [/^queue (?<queue>\S+) is closed$/, "queueClosed"],
  [/^(?<node>\S+): (?<percent>[0-9.]+)% of the disk for recordings is free: calls are no longer recorded$/, "recordingsFull"],
  [/^(?<node>\S+): (?<percent>[0-9.]+)% of the disk for recordings is free$/, "recordingsLittle"],
  [/^recordings are not stored: secrets.toml has no recording_keys$/, "recordingsNoKey"],
  [/^(?<count>[0-9]+) recordings are not stored, the oldest for (?<minutes>[0-9]+) minutes$/, "recordingsBehind"],
  [/^(?<count>[0-9]+) recordings are broken and wait for a person/, "recordingsBroken"],
  [/^(?<count>[0-9]+) orders wait to be switched on, and there is no provider/, "ordersNoProvider"],
  [/^(?<count>[0-9]+) orders wait for the provider/, "ordersWait"],
  [/^(?<count>[0-9]+) flags on orders wait for the fraud desk/, "fraudWaits"],
  [/^periods of sales are over and not closed: (?<periods>.*)$/, "periodsOpen"],
  [/^text messages have waited for (?<minutes>[0-9]+) minutes$/, "textsWait"],
  [/^campaigns do not dial: /, "campaignsStill"],
  [/^the webhook of alerts.toml does not take alarms/, "webhookRefuses"],
  [/^nobody can sign in by (?<url>[^,]+), which does not answer/, "directoryAway"],
];

/** What a sentence of /health says, in a word of this page's; `other`: it has none for it. */
export function warning(sentence: string): { name: string; with: Record<string, string> } | null {
  for (const [pattern, name] of KNOWN) {
    const found = pattern.exec(sentence);
    if (found) return name === null ? null : { name, with: { ...found.groups } };
  }
  return { name: "other", with: {} };
}

/** Bytes as people say them. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  const value = count / 1_000 ** power;
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toPrecision(3)} ${units[power]}`;
}
