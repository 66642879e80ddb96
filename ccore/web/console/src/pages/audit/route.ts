import { ScrollText } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/audit/:entry(\\d+)?",
  name: "audit",
  component: () => import("./Audit.vue"),
  props: true,
  meta: { roles: ["admin"], title: "audit.title", icon: ScrollText, group: "admin", order: 40, shortcut: "g z" },
} satisfies RouteRecordRaw;
