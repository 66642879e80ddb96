import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/not-allowed/:path(.*)*",
  name: "not-allowed",
  component: () => import("./NotAllowed.vue"),
  meta: { roles: "everybody", title: "not-allowed.title" },
} satisfies RouteRecordRaw;
