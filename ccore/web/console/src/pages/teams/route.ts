import { UsersRound } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/teams/:team(\\d+)?",
  name: "teams",
  component: () => import("./Teams.vue"),
  props: true,
  meta: { roles: ["manager"], title: "teams.title", icon: UsersRound, group: "marketing", order: 25 },
} satisfies RouteRecordRaw;
