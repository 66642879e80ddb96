/** States of flags as people see them. Pure. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export const SIGNS: Readonly<Record<Schema["Flag"]["state"], Kind>> = { open: "warn", cleared: "good", upheld: "bad" };
