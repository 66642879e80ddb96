/** Which orders are looked for, and whether a new one is among them: pure. */
import type { Schema } from "@/api/client";
import { plus } from "../my/claim";

export const STATES = ["pending_confirm", "confirmed", "activating", "active", "rejected", "expired", "cancelled"] as const;
export const CHANNELS = ["call", "sms", "web", "agent", "spool"] as const;
export const NOTHING = {
  state: "",
  product: "",
  department: "",
  employee: "",
  code: "",
  number: "",
  channel: "",
  since: null as string | null,
  last: null as string | null,
};
export type Sought = typeof NOTHING;
type Query = Readonly<Record<string, unknown>>;

/** What an address says. */
export function from(query: Query): Sought {
  const said = (name: string): string => (typeof query[name] === "string" ? query[name] : "");
  const texts = Object.fromEntries(Object.keys(NOTHING).map((name) => [name, said(name)])) as unknown as Sought;
  return { ...texts, since: said("since") || null, last: said("last") || null };
}

/** What the server is asked: fields that say nothing are left out. */
export function asked(sought: Sought): Record<string, string> {
  const all = {
    state: sought.state,
    product: sought.product,
    department: sought.department,
    employee: sought.employee.trim(),
    code: sought.code.replace(/\D/g, ""),
    subscriber: sought.number.replace(/[\s-]/g, ""),
    channel: sought.channel,
    since: sought.since ?? "",
    until: sought.last ? plus(sought.last, 1) : "",
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

/** What a file of them is asked by: it has no numbers and no codes. */
export function ofFile(sought: Sought, day: string): Record<string, string> {
  const { state, product, department, employee, channel, since, until } = { state: "", product: "", department: "", employee: "", channel: "", since: "", until: "", ...asked(sought) };
  const names = { states: state, products: product, departments: department.replace(/,/g, "\\,"), people: employee, channels: channel };
  return { ...Object.fromEntries(Object.entries(names).filter(([, value]) => value)), since: since || (until ? "2000-01-01" : day), until: until || plus(day, 1) };
}

/** Whether somebody who looks for these wants to hear of this one; of what it does not say itself, nobody knows. */
export function fits(order: Schema["LiveOrder"], sought: Sought, day: string): boolean {
  const { state, product, employee, channel, since, last } = sought;
  if (sought.department || sought.number.trim()) return false;
  const code = sought.code.replace(/\D/g, "");
  const same = (wanted: string, is: string): boolean => !wanted || wanted === is;
  return (
    same(state, order.state) && same(product, order.product) && same(employee.trim(), order.employee) && same(channel, order.channel) &&
    (!code || code.endsWith(order.product + order.claim)) && (!since || day >= since) && (!last || day <= last)
  );
}

/** The newest by number, of keys as they are told. */
export function newest(keys: Iterable<string>): number {
  return Math.max(0, ...[...keys].map(Number));
}
