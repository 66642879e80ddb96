/** What the audit calls what was done, in words; what it has no word for stays as it stands there. */
import { computed, type ComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import { parted } from "./entries";

const NOBODY = "?";

export interface Actions {
  /** To choose from. */
  all: ComputedRef<{ value: string; label: string }[]>;
  named: (action: string) => string;
  about: (subject: string) => string;
  /** Who did it: nobody, where nobody has proved who they are. */
  by: (who: string) => string;
}

export function useActions(): Actions {
  const { t, te, tm } = useI18n();
  const named = (action: string): string => (te(`audit.did.${action}`) ? t(`audit.did.${action}`) : action);
  const all = computed(() => Object.keys(tm("audit.did")).map((value) => ({ value, label: named(value) })));
  function about(subject: string): string {
    const { kind, name } = parted(subject);
    return [te(`audit.kind.${kind}`) ? t(`audit.kind.${kind}`) : kind, name].filter(Boolean).join(" ");
  }
  const by = (who: string): string => (who === NOBODY ? t("audit.nobody") : who);
  return { all, named, about, by };
}
