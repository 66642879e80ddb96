/** Who calls: asked for the moment the phone rings, and kept for as long as the call is what the page is about. */
import { computed, nextTick, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import { api, ask, type Schema } from "@/api/client";
import { link } from "@/live";
import { onCall } from "@/phone";

export type Pop = Schema["CallPop"];
export type Screen = Schema["Screen"];

const PLACE = "ccore.desk.pop"; // a page that is loaded anew in a call, or after it, still shows whose it is
const TRY_AGAIN_AFTER_MS = 2_000; // what could not be asked for, while they are on the phone
const AGAIN_AFTER_MS = [1_500, 5_000, 15_000]; // the path through the menus may come a second late, or some when much is going on

/** `onPhone`: the call there is now; `subject`: that one, or the last, about which something is still to be written. */
export function usePop(subject: Ref<string>, onPhone: Ref<string>) {
  const pop = shallowRef<Pop | null>(kept());
  const screen = shallowRef<Screen | null>(null);
  const error = shallowRef<unknown>(null);
  /** From the ring until it stood on the page; ms. */
  const tookMs = ref<number | null>(null);
  /** All that there is to know has come. */
  const settled = ref(true);
  let asked = "";

  async function look(call: string, since: number | null): Promise<void> {
    asked = call;
    void ofCampaign(call);
    try {
      const who = await ask(api.GET("/api/v1/calls/{call}/pop", { params: { path: { call } } }));
      if (asked !== call) return;
      const waited = pop.value?.call === call ? pop.value.wait?.waited_s : undefined; // until it rang, and no longer
      pop.value = who.wait && waited !== undefined ? { ...who, wait: { ...who.wait, waited_s: waited } } : who;
      error.value = null;
      keep(pop.value);
      await nextTick();
      if (since !== null) tookMs.value = Math.round(performance.now() - since);
    } catch (trouble) {
      if (asked !== call) return;
      error.value = trouble;
      window.setTimeout(() => {
        if (asked === call && onPhone.value === call && error.value === trouble) void look(call, since);
      }, TRY_AGAIN_AFTER_MS);
    }
  }

  async function ofCampaign(call: string): Promise<void> {
    const found = await ask(api.GET("/api/v1/desk/call")).catch(() => null);
    if (found && asked === call) screen.value = found.screen;
  }

  function rings(call: string): void {
    if (!call) return;
    tookMs.value = null;
    settled.value = false;
    if (pop.value?.call !== call) pop.value = screen.value = null;
    void look(call, performance.now());
  }
  onCall.add(rings);
  onScopeDispose(() => onCall.delete(rings));

  watch(
    subject,
    (call) => {
      if (!call) return;
      if (pop.value?.call !== call && asked !== call) {
        pop.value = screen.value = null;
        void look(call, null);
      }
      for (const after of AGAIN_AFTER_MS) {
        window.setTimeout(async () => {
          if (onPhone.value === call && pop.value?.path.length === 0) await look(call, null);
          if (subject.value === call) settled.value = true;
        }, after);
      }
    },
    { immediate: true },
  );

  // What could not be asked for is asked for when the server is back.
  watch(
    () => link.state,
    (state) => state === "live" && error.value && subject.value && void look(subject.value, null),
  );

  return {
    pop,
    screen,
    error,
    tookMs,
    settled,
    retry: () => subject.value && look(subject.value, null),
    about: computed(() => pop.value?.call ?? ""),
  };
}

function kept(): Pop | null {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "null") as Pop | null;
  } catch {
    return null; // storage is forbidden: it is asked for anew, if the call is still there
  }
}

function keep(pop: Pop): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(pop));
  } catch {
    // Storage is forbidden.
  }
}
