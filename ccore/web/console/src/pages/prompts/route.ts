import { AudioLines } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/prompts",
  name: "prompts",
  component: () => import("./Prompts.vue"),
  meta: { roles: ["operator"], title: "prompts.title", icon: AudioLines, group: "operator", order: 30 },
} satisfies RouteRecordRaw;
