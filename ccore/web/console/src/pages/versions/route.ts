import { GitCompareArrows } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/versions/:tab(edit|review|history)?",
  name: "versions",
  component: () => import("./Versions.vue"),
  props: true,
  meta: { roles: ["operator"], title: "versions.title", icon: GitCompareArrows, group: "operator", order: 20, shortcut: "g v" },
} satisfies RouteRecordRaw;
