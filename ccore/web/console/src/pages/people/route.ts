import { UsersRound } from "@lucide/vue";
import type { RouteRecordRaw } from "vue-router";

export default {
  path: "/people/:part(roles|staff)?", // who is open stands behind the question mark: a login may have a dot
  name: "people",
  component: () => import("./People.vue"),
  props: ({ params, query }) => ({ part: String(params["part"] ?? ""), login: String(query["login"] ?? "") }),
  meta: { roles: ["admin"], title: "people.title", icon: UsersRound, group: "admin", order: 10, shortcut: "g a" },
} satisfies RouteRecordRaw;
