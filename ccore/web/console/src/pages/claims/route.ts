import { Hash } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/claims",
  name: "claims",
  component: () => import("./Claims.vue"),
  meta: { roles: ["manager"], title: "claims.title", icon: Hash, group: "marketing", order: 20 },
} satisfies RouteRecordRaw;
