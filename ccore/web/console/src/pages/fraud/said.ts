/** Flags and rules in the reader's language. */
import { useI18n } from "vue-i18n";
import type { Schema } from "@/api/client";
import { figures, lacks } from "./plain";

export function useSaid(rules: () => readonly Schema["FraudRule"][]) {
  const { t, te, tm, rt } = useI18n();
  return {
    title: (reason: string): string => (te(`fraud.rule.${reason}.title`) ? t(`fraud.rule.${reason}.title`) : reason),
    /** Why, in a sentence; a rule that is not known here says what it has counted. */
    says(flag: Pick<Schema["Flag"], "reason" | "detail">): string {
      const known = figures(flag, rules());
      const key = `fraud.rule.${flag.reason}.says`;
      const counted = Object.entries(known).map(([name, value]) => `${name} ${value}`).join(", ");
      if (!te(key)) return counted;
      return lacks(String(tm(key)), known) ? t(`fraud.rule.${flag.reason}.title`) : t(key, known);
    },
    usual: (what: "clear" | "uphold"): string[] => (tm(`fraud.${what}.usual`) as string[]).map((each) => rt(each)),
  };
}
