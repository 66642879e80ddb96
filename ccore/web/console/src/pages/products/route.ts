import { Package } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/products/:code([0-9]{1,6}|new)?",
  name: "products",
  component: () => import("./Products.vue"),
  props: true,
  meta: { roles: ["designer", "manager"], title: "products.title", icon: Package, group: "marketing", order: 10, shortcut: "g p" },
} satisfies RouteRecordRaw;
