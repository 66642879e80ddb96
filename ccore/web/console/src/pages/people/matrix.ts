/** Who may what: pure. */
import type { Role } from "@/access";
import type { Schema } from "@/api/client";

export type Deed = Schema["Deed"];

/** Whether somebody of this role may; what names nobody is for admins. What is open asks for no role. */
export function may(deed: Deed, role: Role): boolean {
  if (deed.open) return false;
  return deed.everybody || role === "admin" || deed.roles.includes(role);
}

/** By subject, in the order in which they come. */
export function subjectsOf(deeds: readonly Deed[]): { subject: string; deeds: Deed[] }[] {
  const found = new Map<string, Deed[]>();
  for (const deed of deeds) found.set(deed.subject, [...(found.get(deed.subject) ?? []), deed]);
  return [...found].map(([subject, those]) => ({ subject, deeds: those }));
}
