/** What an order says of itself, in the reader's language. */
import { useI18n } from "vue-i18n";
import type { Schema } from "@/api/client";
import { preferences } from "@/preferences";

export function useOrderWords() {
  const { t, te } = useI18n();
  const word = (key: string, other: string): string => (te(key) ? t(key) : other);
  return {
    name: (of: { name_zh: string; name_en: string }): string => (preferences.language === "en" ? of.name_en : of.name_zh),
    seller: ({ employee, holder }: { employee: string; holder: string | null }): string => [employee, holder].filter(Boolean).join(" ") || "—",
    by: (who: string): string => word(`orders.by.${who}`, who),
    /** Of a move: a word of ccore's, a rule of the fraud desk's, or what somebody has written. */
    reason: (why: string): string => word(`orders.why.${why}`, word(`fraud.rule.${why}.title`, why)),
    rule: (reason: string): string => word(`fraud.rule.${reason}.title`, reason),
    text: (kind: string): string => word(`orders.text.${kind}`, kind),
    state: (of: Pick<Schema["Order"], "state"> | { state: string }): string => word(`orders.state.${of.state}`, of.state),
  };
}
