/** Who may see what, as pure questions. */
import type { components } from "@/api/schema";

export type Role = components["schemas"]["Role"];
export type Group = "agent" | "supervisor" | "marketing" | "operator" | "admin";
/** Roles, or everybody who has signed in, or whoever comes. Admins may all that some role may. */
export type Allowed = readonly Role[] | "everybody" | "anyone";

export const GROUPS: readonly Group[] = ["agent", "supervisor", "marketing", "operator", "admin"];

const HOME: Readonly<Record<Role, Group>> = {
  agent: "agent",
  supervisor: "supervisor",
  quality: "supervisor",
  manager: "marketing",
  designer: "marketing",
  fraud: "marketing",
  employee: "marketing",
  operator: "operator",
  admin: "admin",
};

/** Whether people with these roles may; `null` has not signed in. What names nobody is for nobody. */
export function allows(allowed: Allowed | undefined, roles: readonly Role[] | null): boolean {
  if (allowed === "anyone") return true;
  if (allowed === undefined || roles === null) return false;
  if (allowed === "everybody") return true;
  return allowed.length > 0 && (roles.includes("admin") || allowed.some((role) => roles.includes(role)));
}

/** What of the navigation somebody of this role sees first. */
export function home(role: Role): Group {
  return HOME[role];
}

/** Where a page begins: its path without what names one of its things, such as `/:id?`. */
export function beginning(path: string): string {
  return path.replace(/\/:.*$/, "");
}
