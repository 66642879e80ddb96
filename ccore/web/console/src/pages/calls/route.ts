import { Waypoints } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

const roles = ["supervisor", "quality"] as const;

export default [
  {
    path: "/calls",
    name: "calls",
    component: () => import("./Calls.vue"),
    meta: { roles, title: "calls.title", icon: Waypoints, group: "supervisor", order: 35, shortcut: "g l" },
  },
  {
    path: "/calls/story", // ids of calls have dots, and the server takes a path with a dot for a file
    name: "call",
    component: () => import("./Story.vue"),
    props: ({ query }) => ({ call: String(query["call"] ?? "") }),
    meta: { roles, title: "calls.story" },
  },
] satisfies RouteRecordRaw[];
