import { ShieldAlert } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/fraud/:order(\\d+)?",
  name: "fraud",
  component: () => import("./Fraud.vue"),
  props: true,
  meta: { roles: ["fraud"], title: "fraud.title", icon: ShieldAlert, group: "marketing", order: 35, shortcut: "g f" },
} satisfies RouteRecordRaw;
