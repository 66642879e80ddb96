import { ClipboardCheck } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

const page = () => import("./Quality.vue");

export default [
  {
    path: "/quality/:tab(tasks|reviews|scores|calibration|coaching|cases)?",
    name: "quality",
    component: page,
    props: true,
    meta: { roles: ["supervisor", "quality"], title: "quality.title", icon: ClipboardCheck, group: "supervisor", order: 50, shortcut: "g q" },
  },
  {
    path: "/my-quality/:tab(reviews|coaching|cases)?",
    name: "my-quality",
    component: page,
    props: (route) => ({ ...route.params, own: true }),
    meta: { roles: ["agent"], title: "quality.mine", icon: ClipboardCheck, group: "agent", order: 30, shortcut: "g y" },
  },
  {
    path: "/reviews/:id(\\d+)",
    name: "review",
    component: () => import("./Review.vue"),
    props: true,
    meta: { roles: ["supervisor", "quality", "agent"], title: "quality.review" },
  },
] satisfies RouteRecordRaw[];
