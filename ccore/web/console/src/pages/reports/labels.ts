/** What lines and times of reports are called, in the reader's language. */
import { useI18n } from "vue-i18n";
import { NONE, type By } from "./asking";
import { lengthOf, plus, type Days } from "./spans";

const TOLD_APART: ReadonlySet<By | undefined> = new Set<By>(["person", "team", "department", "product"]);

export interface Labels {
  /** A key of a line. */
  of: (column: By | undefined, key: string) => string;
  /** What time it is compared with. */
  compared: (days: Days) => string;
}

export function useLabels(): Labels {
  const { t, te } = useI18n();
  return {
    of(column, key) {
      if (key === NONE) return t(`reports.none.${TOLD_APART.has(column) ? column : "other"}`);
      const word = `reports.${column}.${key}`;
      return (column === "channel" || column === "state") && te(word) ? t(word) : key;
    },
    compared(days) {
      const last = plus(days.until, -1);
      return t(lengthOf(days) === 1 ? "reports.comparedWithDay" : "reports.comparedWith", { since: days.since, last });
    },
  };
}
