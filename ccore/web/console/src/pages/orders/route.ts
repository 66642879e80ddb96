import { ReceiptText } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/orders/:id(\\d+)?",
  name: "orders",
  component: () => import("./Orders.vue"),
  props: true,
  meta: { roles: ["manager", "fraud"], title: "orders.title", icon: ReceiptText, group: "marketing", order: 30, shortcut: "g o" },
} satisfies RouteRecordRaw;
