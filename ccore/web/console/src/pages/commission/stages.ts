/** How it is with periods of sales, as people see it. Pure. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export type Stage = Schema["PeriodNow"]["stage"];
export type OpenOrders = NonNullable<Schema["Closing"]["open_orders"]>;
export const BROKEN_OFF_MS = 3_600_000; // a million orders take minutes

/** The stage of a period in a list. */
export function stageOf(period: Pick<Schema["SalesPeriod"], "ends" | "closed_at" | "closing_since">, now: number): Stage {
  if (period.closed_at) return "closed";
  if (period.closing_since) return "closing";
  return Date.parse(period.ends) > now ? "runs" : "ready";
}

/** The sign of a stage. */
export function signOfStage(stage: Stage): Kind {
  if (stage === "closed") return "good";
  if (stage === "runs" || stage === "closing") return "busy";
  return stage === "ready" ? "warn" : "idle";
}
