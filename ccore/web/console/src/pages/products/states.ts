/** States of products as people see them. Pure. */
import type { Kind } from "@/parts/StateTag.vue";

export function signOf(state: string): Kind {
  return state === "on-sale" ? "good" : state === "tested" ? "busy" : state === "draft" ? "warn" : "idle";
}
