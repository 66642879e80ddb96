import { Headset } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/desk",
  name: "desk",
  component: () => import("./Desk.vue"),
  meta: { roles: ["agent"], title: "desk.title", icon: Headset, group: "agent", order: 1, shortcut: "g d" },
} satisfies RouteRecordRaw;
