/** A list that grows at its end when somebody asks for more. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

export interface Growing<R> {
  readonly rows: ShallowRef<R[]>;
  readonly more: Ref<boolean>;
  readonly busy: Ref<boolean>;
  readonly error: ShallowRef<unknown>;
  /** From the beginning. */
  begin: () => Promise<void>;
  /** What follows. */
  grow: () => Promise<void>;
}

/** `load(last)` gives what follows the row `last` (null: the first), `size` rows if there are so many. */
export function useGrowing<R>(size: number, load: (last: R | null) => Promise<R[]>): Growing<R> {
  const rows = shallowRef<R[]>([]);
  const more = ref(false);
  const busy = ref(false);
  const error = shallowRef<unknown>(null);

  async function add(before: R[]): Promise<void> {
    busy.value = true;
    try {
      const found = await load(before.at(-1) ?? null);
      rows.value = [...before, ...found];
      more.value = found.length === size;
      error.value = null;
    } catch (trouble) {
      error.value = trouble;
    } finally {
      busy.value = false;
    }
  }
  return { rows, more, busy, error, begin: () => add([]), grow: () => add(rows.value) };
}
