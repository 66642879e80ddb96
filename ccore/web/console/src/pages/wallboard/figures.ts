/** Figures of the floor, put together of what is told live: pure. */
import type { Schema } from "@/api/client";
import type { Keyed } from "@/paced";
import type { Kind } from "@/parts/StateTag.vue";

export type Queue = Keyed<Schema["LiveQueue"]>;
export type Agent = Keyed<Schema["LiveAgent"]>;
export type Waiting = Keyed<Schema["LiveWaiting"]>;
export type Call = Keyed<Schema["LiveCall"]>;
export type Alert = Keyed<Schema["LiveAlert"]>;

export const STATES = ["ready", "ringing", "talking", "wrap-up", "paused", "unreachable", "signed-out"] as const;
export type State = (typeof STATES)[number];
export const KINDS: Readonly<Record<string, Kind>> = {
  ready: "good",
  ringing: "busy",
  talking: "busy",
  "wrap-up": "warn",
  paused: "warn",
  unreachable: "bad",
  "signed-out": "idle",
};

export interface Together {
  waiting: number;
  longestSince: string | null;
  /** Of all calls of the last half hour, in whichever queue. */
  levelPermille: number | null;
  /** What is promised of the same calls. */
  targetPermille: number | null;
  offered: number;
  answered: number;
  abandoned: number;
  below: number;
  countedUntil: string | null;
}

/** All queues as one. */
export function together(queues: readonly Queue[]): Together {
  const sum = (of: (queue: Queue) => number): number => queues.reduce((all, queue) => all + of(queue), 0);
  const measured = queues.filter(({ service_level_permille: level }) => level !== null);
  const calls = measured.reduce((all, { level_calls }) => all + level_calls, 0);
  const mean = (of: (queue: Queue) => number): number | null =>
    calls > 0 ? Math.round(measured.reduce((all, queue) => all + of(queue) * queue.level_calls, 0) / calls) : null;
  return {
    waiting: sum(({ waiting }) => waiting),
    longestSince: earliest(queues.map(({ longest_since }) => longest_since)),
    levelPermille: mean(({ service_level_permille: level }) => level ?? 0),
    targetPermille: mean(({ target_permille }) => target_permille),
    offered: sum(({ offered }) => offered),
    answered: sum(({ answered }) => answered),
    abandoned: sum(({ abandoned }) => abandoned),
    below: queues.filter(isBelow).length,
    countedUntil: earliest(queues.map(({ counted_until }) => counted_until)),
  };
}

/** Whether somebody has waited for longer than is promised. */
export function isLate(queue: Queue, now: number): boolean {
  return queue.longest_since !== null && now - Date.parse(queue.longest_since) >= queue.target_within_s * 1_000;
}

/** Whether less of its callers were answered in time than is promised. */
export function isBelow(queue: Queue): boolean {
  return queue.service_level_permille !== null && queue.service_level_permille < queue.target_permille;
}

/** Those first that somebody has to do something about; among equals by name, so that rows stay where they are. */
export function byUrgency(queues: readonly Queue[], now: number, title: (queue: Queue) => string): Queue[] {
  const rank = (queue: Queue): number => (isLate(queue, now) ? 0 : queue.waiting > 0 ? 1 : isBelow(queue) ? 2 : 3);
  return queues
    .map((queue) => ({ queue, rank: rank(queue), title: title(queue) }))
    .sort((one, other) => one.rank - other.rank || compare(one.title, other.title))
    .map(({ queue }) => queue);
}

/** How many agents do what. */
export function counted(agents: readonly Agent[]): Record<State, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  for (const { state } of agents) if (state in counts) counts[state as State] += 1;
  return counts;
}

/** Agents of whose name, number or device `text` is a part, who do `state` and serve `queue`; empty: whatever. */
export function found(agents: readonly Agent[], text: string, state: string, queue: string): Agent[] {
  const wanted = text.trim().toLowerCase();
  return agents
    .filter((agent) => (state ? agent.state === state : agent.state !== "signed-out" || wanted !== ""))
    .filter((agent) => !queue || agent.queues.includes(queue))
    .filter((agent) => !wanted || `${agent.key} ${agent.name} ${agent.device}`.toLowerCase().includes(wanted))
    .sort((one, other) => one.key.length - other.key.length || (one.key < other.key ? -1 : 1)); // as numbers
}

/** So many per thousand of so many; null of nothing. */
export function share(part: number, all: number): number | null {
  return all > 0 ? Math.round((1_000 * part) / all) : null;
}

/** A part of a list that comes round: `page` counts on and on. */
export function page<R>(rows: readonly R[], size: number, page: number): { rows: readonly R[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const now = page % pages;
  return { rows: rows.slice(now * size, (now + 1) * size), page: now + 1, pages };
}

function earliest(moments: readonly (string | null)[]): string | null {
  const known = moments.filter((at) => at !== null);
  return known.length > 0 ? known.reduce((one, other) => (Date.parse(other) < Date.parse(one) ? other : one)) : null;
}

const collator = new Intl.Collator("zh-CN", { numeric: true });
export function compare(one: string, other: string): number {
  return collator.compare(one, other);
}
