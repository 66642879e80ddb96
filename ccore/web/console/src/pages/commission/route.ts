import { Coins } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/commission/:part(people|disputes|payouts|periods)?/:which?",
  name: "commission",
  component: () => import("./Commission.vue"),
  props: true,
  meta: { roles: ["manager"], title: "commission.title", icon: Coins, group: "marketing", order: 60, shortcut: "g k" },
} satisfies RouteRecordRaw;
