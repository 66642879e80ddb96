import { Ear } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/supervise",
  name: "supervise",
  component: () => import("./Supervise.vue"),
  meta: { roles: ["supervisor"], title: "supervise.title", icon: Ear, group: "supervisor", order: 2, shortcut: "g s" },
} satisfies RouteRecordRaw;
