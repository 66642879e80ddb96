/** What a claim is to those who spread it: the number to dial, the text to send, what it earns now. Pure. */
import type { Schema } from "@/api/client";

export interface Ways {
  /** Dialled. */
  number: string;
  /** Where a text message goes, and what stands in it. */
  access: string;
  text: string;
}

/** The number taken apart: `1008610001` of product 10 is `10001` to `10086`; a check digit stands in both. */
export function waysOf(claim: Pick<Schema["Claim"], "number" | "product" | "code">): Ways | null {
  const code = claim.product + claim.code;
  const { number } = claim;
  const at = [number.length - code.length, number.length - code.length - 1].find((place) => place > 0 && number.startsWith(code, place));
  return at === undefined ? null : { number, access: number.slice(0, at), text: number.slice(at) };
}

/** As people read it: `10086 10 001`. */
export function shownNumber(ways: Ways, product: string): string {
  return [ways.access, ways.text.slice(0, product.length), ways.text.slice(product.length)].join(" ");
}

type Rule = Schema["Product"]["commission"][number];

/** The version that holds at `now` (ms). */
export function ruleNow(rules: readonly Rule[], now: number): Rule | null {
  const holds = ({ starts, ends }: Rule): boolean =>
    (!starts || Date.parse(starts) <= now) && (!ends || now < Date.parse(ends));
  return rules.find(holds) ?? null;
}

/** What one order of `price` earns by a rule or one of its tiers, in fen, as the ledger rounds it: half up. */
export function earns(price: number, of: { fen?: number | null; basis_points?: number | null }): number {
  return of.fen ?? Math.round((price * (of.basis_points ?? 0)) / 10_000);
}

/** The amount that a posting is about, in fen: what was moved, or what came to it. */
export function amountOf(posting: Pick<Schema["Posting"], "kind" | "held_fen" | "payable_fen" | "paid_fen">): number {
  if (posting.kind === "release") return posting.payable_fen;
  if (posting.kind === "payout") return posting.paid_fen;
  return posting.held_fen + posting.payable_fen;
}

/** Days from `since` up to and without `until`, as `2026-11-23`. */
export function days(since: string, until: string): string[] {
  const found: string[] = [];
  for (let at = Date.parse(since); at < Date.parse(until) && found.length < 400; at += 86_400_000) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
}

export type Span = "today" | "week" | "month" | "last-month" | "own";

/** The days of a span: the first, and the one after the last. */
export function spanOf(span: Exclude<Span, "own">, today: string): { since: string; until: string } {
  const until = plus(today, 1);
  const first = `${today.slice(0, 8)}01`;
  if (span === "today") return { since: today, until };
  if (span === "week") return { since: plus(today, -6), until };
  if (span === "month") return { since: first, until };
  return { since: `${plus(first, -1).slice(0, 8)}01`, until: first };
}

/** So many days after `day`. */
export function plus(day: string, count: number): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10);
}
