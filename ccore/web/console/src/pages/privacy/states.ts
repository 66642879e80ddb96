/** How a request about a person stands, and what there is to do about it: pure. */
import type { Schema } from "@/api/client";

export type Request = Schema["PersonRequest"];
export type Found = Schema["PersonRequestFound"];
export type State = Request["state"];
type Kind = "good" | "busy" | "warn" | "bad" | "idle" | "info";

const KINDS: Record<State, Kind> = {
  finding: "busy", making: "busy", ready: "good", taken: "idle", gone: "idle", found: "warn", erasing: "busy", done: "good", cancelled: "idle", failed: "bad",
};

/** Of its tag: what waits for a person is a warning. */
export function kindOf({ state, waits }: Pick<Request, "state" | "waits">): Kind {
  return waits ? "warn" : KINDS[state];
}

/** Whether ccore is at it: then it is looked at again. */
export function moves({ state }: Pick<Request, "state">): boolean {
  return state === "finding" || state === "making" || state === "erasing";
}

/** Whether nothing has been done that cannot be undone. */
export function canCancel({ state }: Pick<Request, "state">): boolean {
  return state === "finding" || state === "making" || state === "ready" || state === "found";
}

export interface Item {
  place: string;
  name: Schema["InWords"];
  /** How many records; null: it is the map. */
  rows: number | null;
}
export interface Group {
  fate: Schema["PersonPlace"]["fate"];
  why: Schema["InWords"] | null;
  items: Item[];
}

const ORDER = ["deleted", "replaced", "kept"] as const;

/** Items by what becomes of them and why: what goes, what loses the number, what stays; in each the longest first. */
function grouped(parts: readonly (Item & { fate: Group["fate"]; why: Group["why"] })[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { fate, why, ...item } of parts) {
    const key = `${ORDER.indexOf(fate)} ${why?.en ?? ""}`;
    const group = groups.get(key) ?? { fate, why, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  for (const { items } of groups.values()) items.sort((one, other) => (other.rows ?? 0) - (one.rows ?? 0));
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

/** What was found of a person; of one who is erased what stays is what is there now. */
export function ofPerson(found: Found, map: Schema["PersonMap"]): Group[] {
  const there = new Map(found.places.map((each) => [each.place, each]));
  const over = found.state === "done";
  return grouped(
    map.places.flatMap(({ place, name, fate, why, unless }) => {
      const { rows = 0, kept = 0 } = there.get(place) ?? {};
      const stay = over ? (found.stays[place] ?? 0) : kept;
      const go = fate === "kept" ? 0 : rows - kept;
      const parts = [
        { place, name, rows: go, fate, why },
        { place, name, rows: stay, fate: "kept" as const, why: fate === "kept" ? why : unless },
      ];
      return parts.filter(({ rows }) => rows > 0);
    }),
  );
}

/** All there may be. */
export function ofMap(map: Schema["PersonMap"]): Group[] {
  return grouped(
    map.places.flatMap(({ place, name, fate, why, unless }) => [
      { place, name, rows: null, fate, why },
      ...(unless ? [{ place, name, rows: null, fate: "kept" as const, why: unless }] : []),
    ]),
  );
}

/** How many records go, lose the number, and stay. */
export function sums(groups: readonly Group[]): Record<Group["fate"], number> {
  const told = { deleted: 0, replaced: 0, kept: 0 };
  for (const { fate, items } of groups) told[fate] += items.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
  return told;
}
