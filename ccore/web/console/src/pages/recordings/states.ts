/** How states of recordings look. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export const KINDS: Readonly<Record<Schema["Recording"]["state"], Kind>> = {
  expected: "idle",
  recording: "busy",
  finished: "busy",
  stored: "good",
  failed: "bad",
  discarded: "idle",
  erased: "idle",
};
