import { AudioLines } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default [
  {
    path: "/recordings/:id(\\d+)?",
    name: "recordings",
    component: () => import("./Recordings.vue"),
    props: true,
    meta: { roles: ["supervisor", "quality"], title: "recordings.title", icon: AudioLines, group: "supervisor", order: 40, shortcut: "g e" },
  },
  {
    path: "/shared/:token([A-Za-z0-9_-]+)",
    name: "shared-recording",
    component: () => import("./Shared.vue"),
    props: true,
    meta: { roles: "anyone", title: "recordings.shared", bare: true },
  },
] satisfies RouteRecordRaw[];
