/** The roles in the order in which people think of them. */
import type { Role } from "@/access";

export const ROLES: readonly Role[] = ["agent", "supervisor", "quality", "employee", "manager", "designer", "fraud", "operator", "admin"];
