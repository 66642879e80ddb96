import { Cable } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/trunks",
  name: "trunks",
  component: () => import("./Trunks.vue"),
  meta: { roles: ["supervisor"], title: "trunks.title", icon: Cable, group: "admin", order: 20, shortcut: "g t" },
} satisfies RouteRecordRaw;
