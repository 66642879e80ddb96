/** Figures of trunks: pure. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export type Trunk = Schema["LiveTrunk"] & { key: string };
export type Figure = Schema["TrunkFigure"];
export type Failure = Schema["TrunkFailure"];
export type Hour = Schema["TrunkHour"];

const WARM_PERCENT = 80;
const FULL_PERCENT = 95;

/** How much of it is used, and what that means. */
export function use(trunk: Pick<Trunk, "channels" | "inward" | "outward">): { used: number; percent: number; level: "free" | "warm" | "full" } {
  const used = trunk.inward + trunk.outward;
  const percent = trunk.channels > 0 ? Math.round((100 * used) / trunk.channels) : 0;
  return { used, percent, level: percent >= FULL_PERCENT ? "full" : percent >= WARM_PERCENT ? "warm" : "free" };
}
export const LEVELS: Readonly<Record<ReturnType<typeof use>["level"], Kind>> = { free: "good", warm: "warn", full: "bad" };

/** Of a hundred calls so many were answered; null of none. */
export function answered(figure: Pick<Figure, "calls" | "answered">): number | null {
  return figure.calls > 0 ? Math.round((1_000 * figure.answered) / figure.calls) : null;
}

/** How long a call that was answered lasted, in seconds; null of none. */
export function duration(figure: Pick<Figure, "answered" | "seconds">): number | null {
  return figure.answered > 0 ? figure.seconds / figure.answered : null;
}

/** Causes of Q.850 that have words on this page; others are told by their number. */
export const CAUSES: ReadonlySet<number> = new Set([1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 27, 28, 31, 34, 38, 41, 42, 44, 47, 57, 58, 63, 65, 88, 102, 111, 127]);

/** Calls of each of the last 24 hours, those that came in and those that went out; hours without any too. */
export function byHour(hours: readonly Hour[], trunk: string, now: number): { at: number; inward: number; outward: number }[] {
  const HOUR_MS = 3_600_000;
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const all = Array.from({ length: 24 }, (_, index) => ({ at: last - (23 - index) * HOUR_MS, inward: 0, outward: 0 }));
  for (const { at, trunk: of, direction, calls } of hours) {
    const place = all[23 - Math.round((last - Date.parse(at)) / HOUR_MS)];
    if (place && (!trunk || of === trunk)) place[direction === "in" ? "inward" : "outward"] += calls;
  }
  return all;
}
