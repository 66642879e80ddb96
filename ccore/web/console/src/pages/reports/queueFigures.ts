/** What reports of queues and agents show of a line, and how people read it: pure. */
import type { Schema } from "@/api/client";
import { clockwise } from "@/parts/durations";
import { pausesOf, type Kind } from "./queueAsking";

export type Line = Pick<Schema["QueueLine"], "name" | "from" | "to" | "complete"> & Record<string, string | number | boolean | null>;

const QUEUE_COLUMNS = [
  "offered", "answered", "service_level", "abandoned", "abandonment", "short_abandoned", "asa_s", "longest_wait_s", "talk_s", "wrap_up_s", "handling_s",
  "transferred", "overflowed", "called_back", "voicemail", "missed",
] as const;
export const COLUMNS_OF: Readonly<Record<Kind, readonly string[]>> = {
  queues: QUEUE_COLUMNS,
  skills: QUEUE_COLUMNS,
  agents: [
    "rings", "answered", "missed", "transferred", "talk_s", "hold_s", "wrap_up_s", "occupancy", "signed_in_s", "ready_s", "paused_s", "unreachable_s", "pauses",
  ],
};
/** The figures of all together; of skills there are none, as one call may want several. */
export const FIGURES: Readonly<Record<Kind, readonly string[]>> = {
  queues: ["offered", "answered", "service_level", "abandonment", "asa_s", "handling_s"],
  agents: ["answered", "missed", "talk_s", "signed_in_s", "paused_s", "occupancy"],
  skills: [],
};
/** Left out where the screen is narrow. */
export const WIDE: ReadonlySet<string> = new Set([
  "short_abandoned", "longest_wait_s", "talk_s", "wrap_up_s", "handling_s", "transferred", "overflowed", "called_back", "voicemail", "missed", "hold_s", "ready_s",
  "unreachable_s", "pauses", "rings", "abandoned", "asa_s",
]);
/** More of these is worse. */
export const WORSE: ReadonlySet<string> = new Set(["abandonment", "abandoned", "asa_s", "longest_wait_s", "handling_s", "missed", "paused_s"]);
const PERCENTS: ReadonlySet<string> = new Set(["service_level", "abandonment", "occupancy"]);

/** A figure of a line; null: there is nothing to make it of. */
export function figured(line: Line | null, key: string): number | null {
  const value = line?.[key];
  return typeof value === "number" ? value : null;
}

/** As people read it. `pause` says what a reason is called. */
export function text(key: string, value: string | number | boolean | null, pause?: (reason: string) => string): string {
  if (key === "pauses" && typeof value === "string") {
    return pausesOf(value).map(({ reason, seconds }) => `${pause?.(reason) ?? reason} ${clockwise(seconds)}`).join(" · ") || "—";
  }
  if (typeof value !== "number") return "—";
  if (PERCENTS.has(key)) return `${value.toFixed(1)}%`;
  return key.endsWith("_s") ? clockwise(Math.round(value)) : value.toLocaleString("en-US");
}
