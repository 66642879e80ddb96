/** Times as the site's clocks show them, wherever the reader is. */
import { preferences } from "./preferences";
import { session } from "./session";

export type Shown = "time" | "minute" | "date" | "both";

const PARTS: Readonly<Record<Shown, Intl.DateTimeFormatOptions>> = {
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  both: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
};
const formats = new Map<string, Intl.DateTimeFormat>();

/** The site's zone, such as `Asia/Shanghai`. */
export function zone(): string | undefined {
  return session.person?.zone ?? session.wall?.zone;
}

/** A moment (ISO 8601, or milliseconds) as text. */
export function moment(at: string | number, shown: Shown = "both"): string {
  const key = `${preferences.language} ${zone()} ${shown}`;
  let format = formats.get(key);
  if (!format) {
    const language = preferences.language === "en" ? "sv-SE" : "zh-CN"; // in English as 2026-11-23, which nobody misreads
    format = new Intl.DateTimeFormat(language, { ...PARTS[shown], hourCycle: "h23", timeZone: zone() });
    formats.set(key, format);
  }
  return format.format(new Date(at));
}

/** Today at the site, as `2026-11-23`. */
export function today(now: number = Date.now()): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone() }).format(now);
}

/** The moment at which the site's clocks show `2026-11-23T08:30`, as ISO 8601. */
export function instant(local: string): string {
  const wanted = Date.parse(`${local}Z`);
  const shown = (at: number): number =>
    Date.parse(`${new Intl.DateTimeFormat("sv-SE", { ...PARTS.both, hourCycle: "h23", timeZone: zone() }).format(at).replace(" ", "T")}Z`);
  const first = wanted - (shown(wanted) - wanted);
  return new Date(first - (shown(first) - wanted)).toISOString(); // once more, for the days on which clocks are changed
}
