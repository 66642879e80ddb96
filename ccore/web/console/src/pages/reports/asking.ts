/** What a report of sales is asked by, as it stands in the page's address: pure. */
import type { Schema } from "@/api/client";
import { SPANS, type Days, type SpanName, daysOf, months, plus } from "./spans";

export type By = Schema["By"];
export type Measure = "orders" | "live" | "active" | "sales_fen" | "commission_fen";
export type Filter = (typeof FILTERS)[number];
export type Query = Readonly<Record<string, string>>;

export const MEASURES = ["live", "orders", "active", "sales_fen", "commission_fen"] as const satisfies readonly Measure[];
export const FILTERS = ["products", "departments", "teams", "people", "claims", "channels", "states"] as const;
export const COLUMNS = ["product", "department", "team", "person", "claim", "channel", "state", "day", "week", "month"] as const satisfies readonly By[];
export const TIMES: ReadonlySet<By> = new Set<By>(["day", "week", "month"]);
const FILTER_OF: Readonly<Partial<Record<By, Filter>>> = {
  product: "products", department: "departments", team: "teams", person: "people", claim: "claims", channel: "channels", state: "states",
};
const MOST_COLUMNS = 4;
export const NONE = "-"; // what the server says of what is told apart by nothing

export interface Asking {
  span: SpanName;
  own: { since: string; last: string } | null;
  by: By[];
  measure: Measure;
  filters: Partial<Record<Filter, string>>;
  /** Departments without those under them. */
  alone: boolean;
}

function among<T extends string>(all: readonly T[], word: string | undefined, usual: T): T {
  return all.find((each) => each === word) ?? usual;
}

/** What an address says; what it does not, or says wrongly, is as usual. */
export function asked(query: Query, usual: { by: By[]; span: SpanName }): Asking {
  const own = /^\d{4}-\d\d-\d\d$/.test(query["since"] ?? "") && /^\d{4}-\d\d-\d\d$/.test(query["last"] ?? "") ? { since: query["since"]!, last: query["last"]! } : null;
  const by = (query["by"] ?? "").split(",").filter((each): each is By => (COLUMNS as readonly string[]).includes(each));
  const once = [...new Set(by)].filter((each, at, all) => !TIMES.has(each) || all.findIndex((other) => TIMES.has(other)) === at);
  return {
    span: own ? "own" : among(SPANS.filter((each) => each !== "own"), query["span"], usual.span),
    own,
    by: once.length ? once.slice(0, MOST_COLUMNS) : usual.by,
    measure: among(MEASURES, query["measure"], "live"),
    filters: Object.fromEntries(FILTERS.flatMap((each) => (query[each] ? [[each, query[each]]] : []))),
    alone: query["alone"] === "1",
  };
}

/** The address that says it, short: what is as usual is left out. */
export function address(asking: Asking, usual: { by: By[]; span: SpanName }): Record<string, string> {
  const { span, own, by, measure, filters, alone } = asking;
  return {
    ...(own && span === "own" ? { since: own.since, last: own.last } : span === usual.span || span === "own" ? {} : { span }),
    ...(by.join() === usual.by.join() ? {} : { by: by.join() }),
    ...(measure === "live" ? {} : { measure }),
    ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value)),
    ...(alone && filters.departments ? { alone: "1" } : {}),
  };
}

/** One name among several with commas between: its own commas are written otherwise. */
export function quoted(name: string): string {
  return name.replace(/,/g, "\\,");
}

/** The names that a filter has. */
export function names(filter: string | undefined): string[] {
  return (filter ?? "").split(/(?<!\\),/).map((each) => each.trim().replace(/\\,/g, ",")).filter(Boolean);
}

/** The part of a key that filters: the code of a product, the number of a person; all of the others. */
export function nameOf(column: By, key: string): string {
  return column === "product" || column === "person" ? (key.split(" ")[0] ?? key) : key;
}

/** Where a line leads: to what it is made of, or (`orders`) to the orders themselves; null: nowhere. */
export function inside(asking: Asking, keys: readonly string[], today: string): Asking | "orders" | null {
  if (keys.length === 0 || keys.includes(NONE)) return null;
  const next: Asking = { ...asking, filters: { ...asking.filters } };
  for (const [at, key] of keys.entries()) {
    const column = asking.by[at];
    if (column === undefined) return null;
    const filter = FILTER_OF[column];
    if (filter) next.filters[filter] = quoted(nameOf(column, key));
    if (column === "department") next.alone = true;
    if (TIMES.has(column)) Object.assign(next, within(column, key, asking, today));
  }
  const { filters } = next;
  const used = asking.by.slice(0, keys.length);
  if (names(filters.claims ?? filters.people).length === 1 && !(used.length === 1 && TIMES.has(used[0]!))) return "orders";
  const rest = asking.by.slice(keys.length);
  const steps: By[] = [
    ...(used.includes("month") ? (["day"] as const) : []),
    ...(filters.departments || filters.teams ? (["person"] as const) : []),
    ...(filters.products ? (["department"] as const) : []),
    "product",
    "person",
  ];
  const one = (each: By): boolean => Boolean(FILTER_OF[each] && filters[FILTER_OF[each]] && names(filters[FILTER_OF[each]]).length === 1);
  const by = [...rest, ...steps].find((each) => !used.includes(each) && !one(each));
  return by ? { ...next, by: [by, ...rest.filter((each) => each !== by)] } : null;
}

/** The address of the orders that a line is of, as the orders' page has it. */
export function ordersOf(asking: Asking, keys: readonly string[], today: string): Record<string, string> {
  const one = (filter: Filter, column: By): string => {
    const key = keys[asking.by.indexOf(column)];
    const named = names(asking.filters[filter]);
    return key === undefined ? (named.length === 1 ? named[0]! : "") : nameOf(column, key);
  };
  const [at] = asking.by.slice(0, keys.length).flatMap((column, place) => (TIMES.has(column) ? [within(column, keys[place] ?? "", asking, today).own] : []));
  const days = daysOf(asking.span, today, asking.own);
  const when = at ?? (days && { since: days.since, last: plus(days.until, -1) });
  const said = { employee: one("people", "person"), product: one("products", "product"), channel: one("channels", "channel"), state: one("states", "state"), code: one("claims", "claim") };
  return { ...Object.fromEntries(Object.entries(said).filter(([, value]) => value)), ...when };
}

/** The days of a day, week or month that are asked for at all. */
function within(column: By, key: string, asking: Asking, today: string): Pick<Asking, "span" | "own"> {
  const first = column === "month" ? `${key}-01` : key;
  const last = plus(column === "month" ? months(first, 1) : plus(first, column === "week" ? 7 : 1), -1);
  const days: Days | null = daysOf(asking.span, today, asking.own);
  const since = days && days.since > first ? days.since : first;
  return { span: "own", own: { since, last: days && plus(days.until, -1) < last ? plus(days.until, -1) : last } };
}

/** What the server is asked. */
export function request(asking: Asking, days: Days, language: "zh" | "en") {
  return { ...days, ...asking.filters, by: asking.by.join(), alone: asking.alone, language };
}

/** Of what a report tells apart by a time, the order is that of time; of others the largest first. */
export function orderOf(asking: Asking): { order: Measure } | Record<string, never> {
  return asking.by.some((each) => TIMES.has(each)) ? {} : { order: asking.measure };
}
