import { Megaphone } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/announcements",
  name: "announcements",
  component: () => import("./Announcements.vue"),
  meta: { roles: ["operator"], title: "announcements.title", icon: Megaphone, group: "operator", order: 40 },
} satisfies RouteRecordRaw;
