import { Megaphone } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/campaigns/:part(campaign|lists|call-backs|do-not-call)?/:name?/:tab(results)?",
  name: "campaigns",
  component: () => import("./Campaigns.vue"),
  props: true,
  meta: { roles: ["supervisor"], title: "campaigns.title", icon: Megaphone, group: "supervisor", order: 30, shortcut: "g c" },
} satisfies RouteRecordRaw;
