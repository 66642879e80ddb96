/** Times that reports are of, as days of the site, and the time before each to compare it with: pure. */

export const SPANS = ["today", "yesterday", "week", "last-week", "month", "last-month", "year", "own"] as const;
export type SpanName = (typeof SPANS)[number];

/** From the first day until before the other, as `2026-11-23`. */
export interface Days {
  since: string;
  until: string;
}

const DAY_MS = 86_400_000;

/** So many days after `day`. */
export function plus(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** How many days there are. */
export function lengthOf({ since, until }: Days): number {
  return Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS);
}

/** The same day so many months later, or the last one of its month. */
export function months(day: string, count: number): string {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + count, 0));
  return new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate()))).toISOString().slice(0, 10);
}

function monday(day: string): string {
  return plus(day, -((new Date(day).getUTCDay() + 6) % 7));
}

/** The days of a span as they are on the day `today`; null: it is not one, or has no beginning. */
export function daysOf(span: SpanName, today: string, own: { since: string; last: string } | null): Days | null {
  const until = plus(today, 1);
  const first = `${today.slice(0, 8)}01`;
  switch (span) {
    case "today":
      return { since: today, until };
    case "yesterday":
      return { since: plus(today, -1), until: today };
    case "week":
      return { since: monday(today), until };
    case "last-week":
      return { since: plus(monday(today), -7), until: monday(today) };
    case "month":
      return { since: first, until };
    case "last-month":
      return { since: months(first, -1), until: first };
    case "year":
      return { since: `${today.slice(0, 4)}-01-01`, until };
    case "own":
      return own && own.since <= own.last ? { since: own.since, until: plus(own.last, 1) } : null;
  }
}

/** What a span is compared with: as much of the day, week, month or year before; of days of one's own as many before. */
export function before(span: SpanName, { since, until }: Days): Days {
  const whole = since.endsWith("-01") && until.endsWith("-01");
  const last = plus(until, -1);
  if (span === "month" || span === "year") {
    const back = span === "month" ? -1 : -12;
    return { since: months(since, back), until: plus(months(last, back), 1) };
  }
  if (span === "last-month" || (span === "own" && whole)) {
    const count = Math.round(lengthOf({ since, until }) / 30.4);
    return { since: months(since, -count), until: since };
  }
  const back = span === "week" || span === "last-week" ? -7 : -lengthOf({ since, until });
  return { since: plus(since, back), until: plus(until, back) };
}

/** By what a time is shown along, so that neither three points nor a thousand come of it. */
export function stepOf(days: Days): "day" | "week" | "month" {
  const count = lengthOf(days);
  return count <= 92 ? "day" : count <= 370 ? "week" : "month";
}

/** The beginnings of all steps that there are in a time, as the server names them. */
export function stepsOf(days: Days, step: "day" | "week" | "month"): string[] {
  const found: string[] = [];
  let at = step === "month" ? `${days.since.slice(0, 8)}01` : step === "week" ? monday(days.since) : days.since;
  for (; at < days.until && found.length < 500; at = step === "month" ? months(at, 1) : plus(at, step === "week" ? 7 : 1)) {
    found.push(step === "month" ? at.slice(0, 7) : at);
  }
  return found;
}
