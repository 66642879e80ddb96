/** A product as its designer fills it in, and as the server takes it. Pure. */
import type { Schema } from "@/api/client";

export type Product = Schema["Product"];
type Rule = Product["commission"][number];

/** Fields of a form: money in yuan, percents in percent, times as the site's clocks show them (`2026-11-23T08:00`). */
export interface Draft {
  code: string;
  nameZh: string;
  nameEn: string;
  introZh: string;
  introEn: string;
  price: string;
  termDays: string;
  lines: "any" | "mobile";
  ways: ("call" | "sms" | "web" | "agent")[];
  confirm: "none" | "key" | "sms";
  withinH: string;
  starts: string | null;
  ends: string | null;
  needs: string;
  excludes: string;
  /** Of numbers that may order it, beside those of `regions`. */
  beginnings: string;
  regions: string[];
  /** Regions that are not known yet. */
  newRegions: { name: string; beginnings: string }[];
  combo: boolean;
  parts: string[];
  partHeld: "refuse" | "allow";
  kind: "flat" | "percent";
  earns: string;
  holdDays: string;
  clawbackDays: string;
  tiers: { nth: string; earns: string }[];
}

export const EMPTY: Readonly<Draft> = {
  code: "",
  nameZh: "",
  nameEn: "",
  introZh: "",
  introEn: "",
  price: "",
  termDays: "",
  lines: "any",
  ways: ["call", "sms"],
  confirm: "none",
  withinH: "24",
  starts: null,
  ends: null,
  needs: "",
  excludes: "",
  beginnings: "",
  regions: [],
  newRegions: [],
  combo: false,
  parts: [],
  partHeld: "refuse",
  kind: "flat",
  earns: "",
  holdDays: "0",
  clawbackDays: "0",
  tiers: [],
};

/** A form in which nothing is filled in, with lists of its own. */
export function empty(): Draft {
  return structuredClone(EMPTY);
}

/** Fen of yuan, or basis points of percent: `12.5` is 1250; null: it is no such number. */
export function hundredths(text: string): number | null {
  const found = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

/** `12.5` of 1250. */
export function decimal(hundredth: number | null | undefined): string {
  if (hundredth === null || hundredth === undefined) return "";
  return (hundredth / 100).toFixed(2).replace(/\.?0+$/, "");
}

function whole(text: string): number | null {
  return /^\d{1,6}$/.test(text.trim()) ? Number(text) : null;
}

export function codes(text: string): string[] {
  return text.split(/[\s,，、]+/).filter(Boolean);
}

/** Names of the fields that cannot be so; empty: it can be sent. */
export function wrong(draft: Draft): (keyof Draft)[] {
  const found: (keyof Draft)[] = [];
  if (!/^[0-9]{1,6}$/.test(draft.code)) found.push("code");
  if (!draft.nameZh.trim()) found.push("nameZh");
  if (!draft.nameEn.trim()) found.push("nameEn");
  if (!hundredths(draft.price)) found.push("price");
  if (draft.termDays.trim() && !whole(draft.termDays)) found.push("termDays");
  if (draft.ways.length === 0) found.push("ways");
  if (draft.confirm === "sms" && !whole(draft.withinH)) found.push("withinH");
  if (draft.starts && draft.ends && draft.ends <= draft.starts) found.push("ends");
  if (hundredths(draft.earns) === null) found.push("earns");
  if (whole(draft.holdDays) === null) found.push("holdDays");
  if (whole(draft.clawbackDays) === null) found.push("clawbackDays");
  if (draft.tiers.some(({ nth, earns }) => (whole(nth) ?? 0) < 2 || hundredths(earns) === null)) found.push("tiers");
  if ([...codes(draft.needs), ...codes(draft.excludes)].some((code) => !/^[0-9]{1,6}$/.test(code))) found.push("needs");
  return found;
}

/** The rule of commission that the form has. */
export function ruleOf(draft: Pick<Draft, "kind" | "earns" | "holdDays" | "clawbackDays" | "tiers">): Rule {
  const pays = (text: string) => (draft.kind === "flat" ? { fen: hundredths(text) ?? 0 } : { basis_points: hundredths(text) ?? 0 });
  return {
    kind: draft.kind,
    ...pays(draft.earns),
    tiers: draft.tiers.map(({ nth, earns }) => ({ nth: whole(nth) ?? 0, ...pays(earns) })),
    hold_days: whole(draft.holdDays) ?? 0,
    clawback_days: whole(draft.clawbackDays) ?? 0,
  };
}

/** What the server is sent: of a product that is there (`was`), what the form does not have stays. */
export function productOf(draft: Draft, was: Product | null, instant: (local: string) => string): Product {
  const rules = was && was.commission.length > 1 ? was.commission : [{ ...ruleOf(draft), starts: was?.commission[0]?.starts ?? null, ends: was?.commission[0]?.ends ?? null }];
  return {
    ...was,
    code: draft.code,
    name: { zh: draft.nameZh.trim(), en: draft.nameEn.trim() },
    intro: { zh: draft.introZh.trim(), en: draft.introEn.trim() },
    price_fen: hundredths(draft.price) ?? 0,
    term_days: whole(draft.termDays),
    lines: draft.lines,
    ways: draft.ways,
    confirm: draft.confirm,
    confirm_within_h: whole(draft.withinH) ?? 24,
    sale: { starts: draft.starts ? instant(draft.starts) : null, ends: draft.ends ? instant(draft.ends) : null },
    eligibility: {
      ...was?.eligibility,
      needs: codes(draft.needs),
      excludes: codes(draft.excludes),
      beginnings: codes(draft.beginnings),
      regions: [...new Set([...draft.regions, ...draft.newRegions.map(({ name }) => name.trim())])],
    },
    combo: draft.combo ? { ...was?.combo, parts: [...draft.parts], part_held: draft.partHeld } : null,
    commission: rules,
  };
}

/** The regions that are to be known from now on. */
export function regionsOf(draft: Pick<Draft, "newRegions">): Record<string, { beginnings: string[] }> {
  return Object.fromEntries(draft.newRegions.map(({ name, beginnings }) => [name.trim(), { beginnings: codes(beginnings) }]));
}

/** The form of a product; `local` shows a moment as `2026-11-23T08:00`. */
export function draftOf(product: Product, local: (iso: string) => string): Draft {
  const rule = product.commission.at(-1);
  const pays = (of: { fen?: number | null; basis_points?: number | null }): string => decimal(of.fen ?? of.basis_points);
  return {
    code: product.code,
    nameZh: product.name.zh,
    nameEn: product.name.en,
    introZh: product.intro?.zh ?? "",
    introEn: product.intro?.en ?? "",
    price: decimal(product.price_fen),
    termDays: product.term_days ? String(product.term_days) : "",
    lines: product.lines ?? "any",
    ways: [...(product.ways ?? [])],
    confirm: product.confirm ?? "none",
    withinH: String(product.confirm_within_h ?? 24),
    starts: product.sale?.starts ? local(product.sale.starts) : null,
    ends: product.sale?.ends ? local(product.sale.ends) : null,
    needs: (product.eligibility?.needs ?? []).join(", "),
    excludes: (product.eligibility?.excludes ?? []).join(", "),
    beginnings: (product.eligibility?.beginnings ?? []).join(", "),
    regions: [...(product.eligibility?.regions ?? [])],
    newRegions: [],
    combo: Boolean(product.combo),
    parts: [...(product.combo?.parts ?? [])],
    partHeld: product.combo?.part_held ?? "refuse",
    kind: rule?.kind ?? "flat",
    earns: rule ? pays(rule) : "",
    holdDays: String(rule?.hold_days ?? 0),
    clawbackDays: String(rule?.clawback_days ?? 0),
    tiers: (rule?.tiers ?? []).map((tier) => ({ nth: String(tier.nth), earns: pays(tier) })),
  };
}
