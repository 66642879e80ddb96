/** What moves often, at the pace of people who look: a topic's entries as a list, made anew so often and no more. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import type { Followed } from "@/live";

const EVERY_MS = 300;

export type Keyed<T> = T & { readonly key: string };

/** The entries with their keys. The first ones, and those after a pause, are there at once. */
export function usePaced<T extends object>(topic: Followed<T>, everyMs = EVERY_MS): Readonly<ShallowRef<readonly Keyed<T>[]>> {
  const rows = shallowRef<readonly Keyed<T>[]>([]);
  const known = new Map<string, { entry: T; row: Keyed<T> }>(); // an entry that stays is the same row
  let timer = 0;
  let made = 0;

  function make(): void {
    timer = 0;
    made = performance.now();
    const list: Keyed<T>[] = [];
    for (const [key, entry] of topic.entries) {
      const before = known.get(key);
      const row = before?.entry === entry ? before.row : { ...entry, key };
      if (before?.entry !== entry) known.set(key, { entry, row });
      list.push(row);
    }
    if (known.size > list.length) for (const key of known.keys()) if (!topic.entries.has(key)) known.delete(key);
    rows.value = list;
  }
  watch(
    () => topic.entries.values(), // another one at each change
    () => {
      if (timer === 0) timer = window.setTimeout(make, Math.max(0, everyMs - (performance.now() - made)));
    },
    { flush: "sync" },
  );
  make();
  onScopeDispose(() => window.clearTimeout(timer));
  return rows;
}
