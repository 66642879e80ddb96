import { ChartColumn, HandCoins, Smartphone, Store } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

const own = { roles: ["employee"], group: "marketing", bar: true } as const;

export default [
  {
    path: "/my",
    name: "my",
    component: () => import("./Today.vue"),
    meta: { ...own, title: "my.title", icon: Smartphone, order: 80, shortcut: "g m" },
  },
  {
    path: "/my/pool",
    name: "my-pool",
    component: () => import("./Pool.vue"),
    meta: { ...own, title: "my.pool.title", icon: Store, order: 81 },
  },
  {
    path: "/my/sales",
    name: "my-sales",
    component: () => import("./Sales.vue"),
    meta: { ...own, title: "my.sales.title", icon: ChartColumn, order: 82 },
  },
  {
    path: "/my/commission",
    name: "my-commission",
    component: () => import("./Commission.vue"),
    meta: { ...own, title: "my.commission.title", icon: HandCoins, order: 83 },
  },
] satisfies RouteRecordRaw[];
