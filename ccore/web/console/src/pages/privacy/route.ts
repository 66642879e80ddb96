import { ShieldUser } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/privacy/:part(holds|map|\\d+)?",
  name: "privacy",
  component: () => import("./Privacy.vue"),
  props: true,
  meta: { roles: ["admin"], title: "privacy.title", icon: ShieldUser, group: "admin", order: 50, shortcut: "g x" },
} satisfies RouteRecordRaw;
