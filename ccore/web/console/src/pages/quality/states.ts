/** How states of reviews look. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export const KINDS: Readonly<Record<Schema["Review"]["state"], Kind>> = {
  draft: "idle",
  submitted: "info",
  acknowledged: "good",
  disputed: "warn",
  settled: "good",
};
