import { Network } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/hotlines/:number(\\d+)?",
  name: "hotlines",
  component: () => import("./Hotlines.vue"),
  props: true,
  meta: { roles: ["operator"], title: "hotlines.title", icon: Network, group: "operator", order: 10, shortcut: "g h" },
} satisfies RouteRecordRaw;
