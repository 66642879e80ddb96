import { ChartColumn, ChartLine } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/reports/:view(sales|ranks|funnel)?",
    name: "reports",
    component: () => import("./SalesReports.vue"),
    props: true,
    meta: { roles: ["manager", "designer", "fraud"], title: "reports.title", icon: ChartColumn, group: "marketing", order: 70, shortcut: "g r" },
  },
  {
    path: "/queue-reports/:view(queues|agents|skills)?",
    name: "queue-reports",
    component: () => import("./QueueReports.vue"),
    props: true,
    meta: { roles: ["supervisor"], title: "reports.queueTitle", icon: ChartLine, group: "supervisor", order: 60, shortcut: "g b" },
  },
] satisfies RouteRecordRaw[];
