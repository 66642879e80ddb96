import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/:path(.*)*",
  name: "not-found",
  component: () => import("./NotFound.vue"),
  meta: { roles: "everybody", title: "not-found.title" },
} satisfies RouteRecordRaw;
