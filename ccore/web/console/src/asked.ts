/** Something asked of the server for a page: what came, whether it is on its way, what went wrong. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

export interface Asked<T, A extends unknown[]> {
  readonly data: ShallowRef<T | null>;
  readonly error: ShallowRef<unknown>;
  readonly busy: Ref<boolean>;
  /** Ask (again). Only the latest answer counts; it throws nothing, `error` has it. */
  run: (...said: A) => Promise<boolean>;
}

/** `const list = useAsked(() => ask(api.GET(…)))`, then `list.run()`. */
export function useAsked<T, A extends unknown[]>(asking: (...said: A) => Promise<T>): Asked<T, A> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let latest = 0;

  async function run(...said: A): Promise<boolean> {
    const mine = (latest += 1);
    busy.value = true;
    try {
      const answer = await asking(...said);
      if (mine !== latest) return false;
      data.value = answer;
      error.value = null;
      return true;
    } catch (trouble) {
      if (mine === latest) error.value = trouble;
      return false;
    } finally {
      if (mine === latest) busy.value = false;
    }
  }
  return { data, error, busy, run };
}
