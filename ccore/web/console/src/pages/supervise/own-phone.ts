/** The phone at which a supervisor hears calls: this browser, or a telephone beside it. */
import { computed, reactive, ref, watch } from "vue";
import type { Schema } from "@/api/client";
import type { Followed } from "@/live";
import { listening } from "@/phone";
import { session } from "@/session";

export type Kind = "browser" | "telephone";

const PLACE = "ccore.own-phone";
const NUMBER = /^[2-8][0-9]{2,4}$/;

interface Kept {
  kind: Kind;
  number: string;
}

/** `browsers`: whether there are browser phones at this site; null: not known yet. */
export function useOwnPhone(agents: Followed<Schema["LiveAgent"]>, browsers: () => boolean | null) {
  const before = kept();
  const wanted = ref<Kind>(before.kind);
  const given = ref(before.number);
  const kind = computed<Kind>(() => (browsers() === false ? "telephone" : wanted.value));
  const seat = computed(() => agents.entries.get(session.person?.agent ?? "")?.device ?? "");
  const wrong = computed(() => given.value !== "" && !NUMBER.test(given.value));
  const number = computed(() => (given.value && !wrong.value ? given.value : seat.value));
  watch([wanted, given], () => {
    try {
      localStorage.setItem(PLACE, JSON.stringify({ kind: wanted.value, number: given.value } satisfies Kept));
    } catch {
      // Storage is full or forbidden: it holds for this page.
    }
  });
  return reactive({
    kind,
    wanted,
    given,
    wrong,
    /** The telephone that rings. */
    number,
    usable: computed(() => (kind.value === "browser" ? browsers() === true : number.value !== "")),
    /** Its number, once it can ring for a call at this node. Throws ApiError or Error. */
    ready: (node: string): Promise<string> => (kind.value === "browser" ? listening(node) : Promise.resolve(number.value)),
  });
}

export type OwnPhone = ReturnType<typeof useOwnPhone>;

function kept(): Kept {
  const usual: Kept = { kind: "browser", number: "" };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Kept>) };
  } catch {
    return usual;
  }
}
