/** Shares of a team while somebody writes them: percents as text, which have to make a whole. Pure. */
import type { Schema } from "@/api/client";
import { decimal, hundredths } from "@/pages/products/draft";

export interface Part {
  employee: string;
  name: string;
  kind: Schema["Member"]["kind"];
  /** As it is written: `33.34`. */
  percent: string;
}

export const WHOLE = 10_000; // basis points
export const MOST_MEMBERS = 100;

/** Basis points of `33.34` or `33.34%`; null: it is no share. */
export function pointsOf(percent: string): number | null {
  const points = hundredths(percent.trim().replace(/\s*[%％]$/, ""));
  return points !== null && points >= 1 && points <= WHOLE ? points : null;
}

/** What all have together, as far as it can be read. */
export function total(parts: readonly Part[]): number {
  return parts.reduce((all, { percent }) => all + (pointsOf(percent) ?? 0), 0);
}

/** The same for each; what cannot be divided goes to the first, one basis point each. */
export function evenly(parts: readonly Part[]): Part[] {
  const each = Math.floor(WHOLE / Math.max(1, parts.length));
  const left = WHOLE - each * parts.length;
  return parts.map((part, place) => ({ ...part, percent: decimal(each + (place < left ? 1 : 0)) }));
}

/** Why these are no shares of a team, as a key of its words; null: they are. */
export function wrong(parts: readonly Part[]): "none" | "many" | "percent" | "sum" | null {
  if (parts.length === 0) return "none";
  if (parts.length > MOST_MEMBERS) return "many";
  if (parts.some(({ percent }) => pointsOf(percent) === null)) return "percent";
  return total(parts) === WHOLE ? null : "sum";
}

/** What the server is sent. */
export function sharesOf(parts: readonly Part[]): Schema["Share"][] {
  return parts.map(({ employee, percent }) => ({ employee, basis_points: pointsOf(percent) ?? 0 }));
}

/** The form of shares that hold. Who has left is not among them. */
export function partsOf(members: readonly Schema["Member"][]): Part[] {
  return members.filter(({ left }) => !left).map(({ employee, name, kind, basis_points }) => ({ employee, name, kind, percent: decimal(basis_points) }));
}
