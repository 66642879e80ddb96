/** What a flag says, as figures for a sentence; and flags of one order together: pure. */
import type { Schema } from "@/api/client";
import { yuan } from "@/parts/durations";

type Flag = Schema["Flag"];
type Rule = Schema["FraudRule"];

/** Those of the rule as it is now, over which stand those that were counted when the flag was raised. */
export function figures(flag: Pick<Flag, "reason" | "detail">, rules: readonly Rule[]): Record<string, string | number> {
  const rule = rules.find(({ reason }) => reason === flag.reason);
  const all: Record<string, unknown> = { ...rule?.figures, ...flag.detail };
  const told = Object.fromEntries(Object.entries(all).filter((each): each is [string, string | number] => typeof each[1] === "number" || typeof each[1] === "string"));
  const { from_fen: fen, within_s: seconds } = told;
  return { ...told, ...(typeof fen === "number" ? { price: yuan(fen) } : {}), ...(typeof seconds === "number" ? { minutes: Math.round(seconds / 60) } : {}) };
}

/** The names that a sentence is filled in with, of which one is not known: it cannot be said. */
export function lacks(sentence: string, known: Readonly<Record<string, unknown>>): boolean {
  return [...sentence.matchAll(/\{(\w+)\}/g)].some(([, name]) => known[name ?? ""] === undefined);
}

/** What is at stake in flags, each order once. */
export function atStake(flags: readonly Pick<Flag, "order" | "held_fen" | "earned_fen">[]): { orders: number; held: number; earned: number } {
  const orders = new Map(flags.map((each) => [each.order, each]));
  const sum = (of: "held_fen" | "earned_fen"): number => [...orders.values()].reduce((all, each) => all + each[of], 0);
  return { orders: orders.size, held: sum("held_fen"), earned: sum("earned_fen") };
}

/** One flag of each order: upholding it upholds them all. */
export function oneEach<F extends Pick<Flag, "order">>(flags: readonly F[]): F[] {
  return [...new Map(flags.map((each) => [each.order, each])).values()];
}
