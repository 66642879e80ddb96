import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/about",
  name: "about",
  component: () => import("./About.vue"),
  meta: { roles: "everybody", title: "about.title", shortcut: "g i" },
} satisfies RouteRecordRaw;
