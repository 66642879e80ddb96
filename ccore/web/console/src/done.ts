/** What a person has done at a page, one thing at a time: whether it is under way, and what went wrong. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

export interface Doing {
  /** Which is under way; "" while nothing is. */
  readonly busy: Ref<string>;
  /** Why the latest was not done. */
  readonly error: ShallowRef<unknown>;
  /** Do it, if nothing else is under way; whether it was done. It throws nothing. */
  run: (what: string, work: () => Promise<unknown>) => Promise<boolean>;
}

export interface Done<A extends unknown[]> {
  readonly busy: ComputedRef<boolean>;
  readonly error: ShallowRef<unknown>;
  run: (...said: A) => Promise<boolean>;
}

/** Several things of which one is done at a time. `told` is given what goes wrong; without, it is in `error`, for a `Trouble`. */
export function useDoing(told?: (error: unknown) => unknown): Doing {
  const busy = ref("");
  const error = shallowRef<unknown>(null);

  async function run(what: string, work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = what;
    error.value = null;
    try {
      await work();
      return true;
    } catch (trouble) {
      if (told) await told(trouble);
      else error.value = trouble;
      return false;
    } finally {
      busy.value = "";
    }
  }
  return { busy, error, run };
}

/** One thing: `const { busy, error, run: save } = useDone(async () => { … })`. */
export function useDone<A extends unknown[]>(work: (...said: A) => Promise<unknown>, told?: (error: unknown) => unknown): Done<A> {
  const doing = useDoing(told);
  return { busy: computed(() => doing.busy.value !== ""), error: doing.error, run: (...said) => doing.run("it", () => work(...said)) };
}
