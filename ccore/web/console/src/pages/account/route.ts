import { UserRound } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/account",
  name: "account",
  component: () => import("./Account.vue"),
  meta: { roles: "everybody", title: "account.title", icon: UserRound, shortcut: "g u" },
} satisfies RouteRecordRaw;
