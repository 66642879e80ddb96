/** Pages by address: each says in its own `route.ts` who may come; what says nothing is shown to nobody. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from "vue-router";
import { beginning, GROUPS, home, type Allowed, type Group } from "./access";
import { session } from "./session";

type Found = RouteRecordRaw | RouteRecordRaw[];

const found = import.meta.glob<Found>("./pages/*/route.ts", { eager: true, import: "default" });
export const PAGES: readonly RouteRecordRaw[] = Object.values(found).flat();

/** What the navigation has, for who is signed in: by groups, in order. */
export function navigation(): { group: Group; pages: RouteRecordRaw[] }[] {
  if (session.bare) return []; // they may go nowhere yet
  return GROUPS.map((group) => ({
    group,
    pages: PAGES.filter(({ meta }) => meta?.group === group && session.allows(meta.roles) && (!meta.bar || isTheirs(meta.roles))).sort(
      (one, other) => (one.meta?.order ?? 0) - (other.meta?.order ?? 0),
    ),
  })).filter(({ pages }) => pages.length > 0);
}

/** What the bar at the bottom of a narrow screen has. */
export function bar(): RouteRecordRaw[] {
  return navigation().flatMap(({ pages }) => pages.filter(({ meta }) => meta?.bar));
}

/** Whether a page is for a role of theirs, not only because admins may all. */
function isTheirs(roles: Allowed | undefined): boolean {
  return typeof roles !== "string" && (roles ?? []).some((role) => session.roles?.includes(role));
}

/** Where somebody begins. */
function start(): string {
  const groups = navigation();
  const own = session.person && groups.find(({ group }) => group === home(session.person!.role));
  return beginning((own ?? groups[0])?.pages[0]?.path ?? "/account");
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [{ path: "/", name: "home", meta: { roles: "everybody" }, redirect: () => start() }, ...PAGES],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach((to: RouteLocationNormalized) => {
  if (to.meta.roles === "anyone") return true;
  if (session.roles === null) return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  if (session.bare && to.name !== "account") return { name: "account" };
  if (!session.allows(to.meta.roles)) return { name: "not-allowed", params: { path: to.path.slice(1).split("/") } };
  return true;
});
