/** A call's story as the page shows it: lanes, places on the time axis, and sentences: pure. */
import type { Schema } from "@/api/client";

export type Step = Schema["StoryStep"];
export type Params = Record<string, string | number>;
/** A sentence under a key; undefined if there is none. */
export type Say = (key: string, named: Params) => string | undefined;
type Kind = "good" | "busy" | "warn" | "bad" | "idle" | "info";

export interface Mark {
  /** Which of the steps. */
  index: number;
  step: Step;
  /** Percent of the axis. */
  left: number;
  width: number;
  kind: Kind;
  /** Which row of its lane: what overlaps stands below. */
  row: number;
}
export interface Lane {
  lane: string;
  marks: Mark[];
  rows: number;
}
export interface Axis {
  from: number;
  until: number;
  ticks: { at: number; left: number }[];
}

const ORDER = ["caller", "menu", "queue", "agent", "phone", "outside", "recording", "order", "texts"];
const LEAST_MS = 1_000;
const LATE_MS = 2_000; // so long after its end something still belongs to the call's own time
const TICKS_MS = [500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000];
const MOST_TICKS = 8;
const LEAST_WIDTH = 0.4; // percent: what is shorter is shown as a point

const KINDS: Readonly<Record<string, Kind>> = {
  came: "info",
  called: "info",
  answered: "good",
  "picked-up": "good",
  ended: "idle",
  interrupted: "bad",
  gap: "warn",
  held: "warn",
  menu: "info",
  queued: "warn",
  raised: "info",
  talked: "good",
  asked: "busy",
  "recording-paused": "warn",
  "order-placed": "good",
  "order-refused": "bad",
  "order-flagged": "warn",
  "order-moved": "info",
  text: "info",
  "menu-invalid": "warn",
  "menu-silent": "warn",
  "menu-failed": "bad",
  "menu-exhausted": "bad",
  note: "info",
  disposed: "good",
};

/** What a step looks like: never all that tells it. */
export function kindOf({ kind, params }: Step): Kind {
  if (kind === "rang") return params["outcome"] === "missed" ? "bad" : params["outcome"] === "cancelled" ? "idle" : "busy";
  if (kind === "queued") return ["answered", "waiting"].includes(String(params["how"])) ? "warn" : "bad";
  if (kind === "recorded") return params["state"] === "failed" ? "bad" : params["state"] === "recording" ? "busy" : "info";
  return KINDS[kind] ?? "info";
}

/** The time that the timeline shows: the call's own, from its beginning to its end, or to now. */
export function axis(began: string, ended: string | null, now: number): Axis {
  const from = Date.parse(began);
  const until = Math.max(ended ? Date.parse(ended) : now, from + LEAST_MS);
  const every = TICKS_MS.find((each) => (until - from) / each <= MOST_TICKS) ?? TICKS_MS[TICKS_MS.length - 1] ?? 1;
  const count = Math.floor((until - from) / every);
  const ticks = Array.from({ length: Math.min(count, 100) + 1 }, (_, place) => ({ at: place * every, left: percent(from + place * every, from, until) }));
  return { from, until, ticks };
}

function percent(at: number, from: number, until: number): number {
  return Math.min(100, Math.max(0, (100 * (at - from)) / (until - from)));
}

/** Whether it happened after the call was over. */
export function isAfter(step: Step, { until }: Axis): boolean {
  return Date.parse(step.at) > until + LATE_MS;
}

/** The lanes with something in them, in the order in which a call goes through them. */
export function lanes(steps: readonly Step[], time: Axis): Lane[] {
  const found = new Map<string, Mark[]>();
  steps.forEach((step, index) => {
    if (isAfter(step, time)) return;
    const left = percent(Date.parse(step.at), time.from, time.until);
    const lasts = step.until ?? (isOpen(step) ? new Date(time.until).toISOString() : step.at);
    const width = percent(Date.parse(lasts), time.from, time.until) - left;
    const marks = found.get(step.lane) ?? [];
    marks.push({ index, step, left, width: width < LEAST_WIDTH ? 0 : width, kind: kindOf(step), row: 0 });
    found.set(step.lane, marks);
  });
  return [...found.entries()]
    .map(([lane, marks]) => ({ lane, marks, rows: stacked(marks) }))
    .sort((one, other) => rank(one.lane) - rank(other.lane));
}

/** What goes on until it is told to be over. */
function isOpen({ kind }: Step): boolean {
  return ["menu", "queued", "rang", "talked", "asked", "held", "recorded"].includes(kind);
}

function rank(lane: string): number {
  return ORDER.indexOf(lane.split(":")[0] ?? "");
}

/** Gives what overlaps rows of its own, spans before points; how many rows there are. */
function stacked(marks: readonly Mark[]): number {
  const ends: number[] = [];
  for (const mark of marks.filter(({ width }) => width > 0)) {
    const free = ends.findIndex((end) => end <= mark.left + 0.01);
    mark.row = free < 0 ? ends.length : free;
    ends[mark.row] = mark.left + mark.width;
  }
  return Math.max(1, ends.length);
}

/** So long a step lasted, in seconds; null for what has no length. */
export function lasted({ at, until }: Step): number | null {
  return until === null || until === at ? null : Math.max(0, (Date.parse(until) - Date.parse(at)) / 1_000);
}

/** The name of a lane's first part and, after the colon, whose it is. */
export function split(lane: string): [string, string] {
  const [what = "", ...whose] = lane.split(":");
  return [what, whose.join(":")];
}

/** Params with their words in the reader's language where there are some: `outcome: "missed"` → `未接听`. */
export function worded(params: Params, say: Say): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, say(`word.${name}.${value}`, {}) ?? value]));
}

/** The sentence of a step; its kind if there is none. */
export function sentence(step: Step, say: Say, more: Params = {}): string {
  const params = { ...worded(step.params, say), who: step.who, ...more };
  const narrower = ["outcome", "by", "how"].map((name) => step.params[name]).find((value) => value !== undefined);
  return (narrower === undefined ? undefined : say(`step.${step.kind}-${narrower}`, params)) ?? say(`step.${step.kind}`, params) ?? step.kind;
}
