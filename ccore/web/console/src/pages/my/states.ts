/** States as people see them. Pure. */
import type { Kind } from "@/parts/StateTag.vue";

/** The sign of an order's state. */
export function signOfOrder(state: string): Kind {
  if (state === "active" || state === "confirmed") return "good";
  if (state === "activating") return "busy";
  if (state === "received" || state === "pending_confirm") return "warn";
  return "bad";
}

/** The sign of a dispute's state. */
export function signOfDispute(state: string): Kind {
  if (state === "open") return "warn";
  return state === "answered" ? "info" : "idle";
}

/** The sign of what comes of a rank. */
export function signOfFate(fate: string | null): Kind {
  if (fate === "barred") return "bad";
  return fate === "safe" || fate === "tie-spared" ? "good" : "info";
}
