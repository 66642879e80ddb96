import { MonitorDot } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/wallboard",
    name: "wallboard",
    component: () => import("./Wallboard.vue"),
    meta: { roles: ["supervisor"], title: "wallboard.title", icon: MonitorDot, group: "supervisor", order: 1, shortcut: "g w" },
  },
  // Also for a screen at which nobody has signed in: what it is, the page asks the server.
  { path: "/wall", name: "wall", component: () => import("./Display.vue"), meta: { roles: "anyone", title: "wallboard.wall.title", bare: true } },
] satisfies RouteRecordRaw[];
