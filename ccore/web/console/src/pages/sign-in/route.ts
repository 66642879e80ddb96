import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/sign-in",
  name: "sign-in",
  component: () => import("./SignIn.vue"),
  meta: { roles: "anyone", title: "sign-in.title", bare: true },
} satisfies RouteRecordRaw;
