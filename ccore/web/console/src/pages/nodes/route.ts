import { Network } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/nodes",
  name: "nodes",
  component: () => import("./Nodes.vue"),
  meta: { roles: ["operator", "supervisor"], title: "nodes.title", icon: Network, group: "admin", order: 10, shortcut: "g n" },
} satisfies RouteRecordRaw;
