/** What is wrong with a product beside others: its parts, what it needs and excludes, its regions. Pure. */
import { codes, type Draft, type Product } from "./draft";

/** `why` is a word of `products.wrong`; `names` are those it is about. */
export interface Fault {
  key: "parts" | "needs" | "regions" | "newRegions" | "beginnings";
  why: string;
  names: string;
}

const REGION = /^[a-z][a-z0-9-]{1,40}$/;
const BEGINNING = /^\+[1-9][0-9]{1,13}$/;
const MOST_PARTS = 20;

/** As the server judges it, of a `pool` and the names of `regions`; none: it can be sent. */
export function faultsOf(draft: Draft, pool: readonly Product[], regions: readonly string[]): Fault[] {
  return [...(draft.combo ? partFaults(draft, pool) : []), ...relationFaults(draft, pool), ...regionFaults(draft, regions)];
}

function partFaults({ code, parts }: Draft, pool: readonly Product[]): Fault[] {
  const key = "parts";
  const unknown = missing(parts, pool);
  const combos = parts.filter((part) => pool.some((each) => each.code === part && each.combo));
  return [
    ...(parts.length < 2 ? [{ key, why: "partsFew", names: "" } as const] : []),
    ...(parts.length > MOST_PARTS ? [{ key, why: "partsMany", names: "" } as const] : []),
    ...(parts.includes(code) ? [{ key, why: "itself", names: code } as const] : []),
    ...(unknown.length ? [{ key, why: "unknown", names: unknown.join(", ") } as const] : []),
    ...(combos.length ? [{ key, why: "partsCombo", names: combos.join(", ") } as const] : []),
  ];
}

function relationFaults(draft: Draft, pool: readonly Product[]): Fault[] {
  const key = "needs";
  const [needs, excludes] = [codes(draft.needs), codes(draft.excludes)];
  const both = needs.filter((code) => excludes.includes(code));
  const others = [...needs, ...excludes].filter((code) => code !== draft.code);
  const unknown = missing(others, pool);
  return [
    ...(both.length ? [{ key, why: "needsBoth", names: both.join(", ") } as const] : []),
    ...(others.length < needs.length + excludes.length ? [{ key, why: "itself", names: draft.code } as const] : []),
    ...(unknown.length ? [{ key, why: "unknown", names: unknown.join(", ") } as const] : []),
  ];
}

function regionFaults(draft: Draft, regions: readonly string[]): Fault[] {
  const names = draft.newRegions.map(({ name }) => name.trim());
  const misnamed = names.some((name) => !REGION.test(name));
  const known = names.filter((name, place) => name && (regions.includes(name) || names.indexOf(name) !== place));
  const empty = draft.newRegions.some(({ beginnings }) => codes(beginnings).length === 0 || !begins(beginnings));
  return [
    ...(misnamed ? [{ key: "newRegions", why: "regionName", names: "" } as const] : []),
    ...(known.length ? [{ key: "newRegions", why: "regionKnown", names: known.join(", ") } as const] : []),
    ...(empty ? [{ key: "newRegions", why: "beginnings", names: "" } as const] : []),
    ...(begins(draft.beginnings) ? [] : [{ key: "beginnings", why: "beginnings", names: "" } as const]),
  ];
}

function begins(text: string): boolean {
  return codes(text).every((each) => BEGINNING.test(each));
}

function missing(found: readonly string[], pool: readonly Product[]): string[] {
  return [...new Set(found)].filter((code) => !pool.some((each) => each.code === code));
}
