/** Keeps the phone of an agent, whatever page is shown: it follows where ccore says that they sit. */
import { computed, reactive, watch } from "vue";
import { api, ask, type Schema } from "@/api/client";
import { useTopic } from "@/live";
import { session } from "@/session";
import { seated } from ".";

export type Kind = "phone" | "browser" | "outside" | "";

/** What they take calls at; empty while that is not known. */
export const seat = reactive({ kind: "" as Kind });

/** For as long as the component lives. */
export function useKeeping(): void {
  const topic = useTopic<Schema["LiveMe"]>("me", { always: true });
  const me = computed(() => topic.entries.get("me") ?? null);
  const inCall = (): string => (me.value?.state === "talking" ? me.value.call : "");

  // The topic says where they sit, and not whether that is a browser: it is asked when they sit elsewhere.
  watch(
    () => me.value?.device ?? null,
    async (device) => {
      if (device === null) return; // nothing is known, as before the first word and while the server is away
      seat.kind = "";
      if (!device) return seated(null);
      const path = { params: { path: { agent: session.person?.agent ?? "" } } };
      const known = await ask(api.GET("/api/v1/agents/{agent}", path)).catch(() => null);
      const now = known?.presence?.device;
      if (!now || me.value?.device !== device) return;
      seat.kind = now.kind;
      seated(now.kind === "browser" ? { number: now.number, call: inCall() } : null);
    },
    { immediate: true },
  );
  watch(inCall, (call) => seat.kind === "browser" && seated({ number: me.value?.device ?? "", call }));
}
