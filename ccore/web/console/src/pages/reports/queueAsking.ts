/** What a report of queues, agents or skills is asked by, as it stands in the page's address: pure. */
import type { Query } from "./asking";
import { lengthOf, SPANS, type Days, type SpanName } from "./spans";

export const KINDS = ["queues", "agents", "skills"] as const;
export type Kind = (typeof KINDS)[number];
export const INTERVALS = ["15m", "30m", "hour", "day", "month"] as const;
export type Interval = (typeof INTERVALS)[number];
/** How the table is told apart: by name, by time, or by both. */
export const TABLES = ["names", "times", "both"] as const;
export type Table = (typeof TABLES)[number];
const LONGEST_DAYS: Readonly<Record<Interval, number>> = { "15m": 32, "30m": 62, hour: 93, day: 400, month: 400 };

export interface QueueAsking {
  span: SpanName;
  own: { since: string; last: string } | null;
  /** Null: as fits the time. */
  interval: Interval | null;
  table: Table;
  /** Of one; "": of all. */
  name: string;
}

export function askedOf(query: Query): QueueAsking {
  const day = /^\d{4}-\d\d-\d\d$/;
  const own = day.test(query["since"] ?? "") && day.test(query["last"] ?? "") ? { since: query["since"]!, last: query["last"]! } : null;
  return {
    span: own ? "own" : (SPANS.find((each) => each === query["span"] && each !== "own") ?? "today"),
    own,
    interval: INTERVALS.find((each) => each === query["interval"]) ?? null,
    table: TABLES.find((each) => each === query["table"]) ?? (query["name"] ? "times" : "names"),
    name: query["name"] ?? "",
  };
}

export function addressOf({ span, own, interval, table, name }: QueueAsking): Record<string, string> {
  return {
    ...(own && span === "own" ? { since: own.since, last: own.last } : span === "today" || span === "own" ? {} : { span }),
    ...(interval ? { interval } : {}),
    ...(table === (name ? "times" : "names") ? {} : { table }),
    ...(name ? { name } : {}),
  };
}

/** Whether the server tells so long a time by this interval. */
export function fits(interval: Interval, days: Days): boolean {
  return lengthOf(days) <= LONGEST_DAYS[interval];
}

/** The interval that is wanted, or that shows so long a time well. */
export function intervalOf(wanted: Interval | null, days: Days): Interval {
  if (wanted && fits(wanted, days)) return wanted;
  const count = lengthOf(days);
  return count <= 2 ? "hour" : count <= 100 ? "day" : "month";
}

/** Seconds of each reason that `lunch=1800.0 -=20.0` names; "" is without one. */
export function pausesOf(text: string): { reason: string; seconds: number }[] {
  return text.split(" ").filter(Boolean).map((each) => {
    const at = each.lastIndexOf("=");
    const reason = each.slice(0, at);
    return { reason: reason === "-" ? "" : reason, seconds: Number(each.slice(at + 1)) };
  });
}
