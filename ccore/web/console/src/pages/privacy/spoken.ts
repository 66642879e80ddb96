/** What the server says in both languages, in the reader's. */
import { useI18n } from "vue-i18n";
import type { Schema } from "@/api/client";

export function useWords(): { spoken: (words: Schema["InWords"]) => string } {
  const { locale } = useI18n();
  return { spoken: (words) => (locale.value === "en" ? words.en : words.zh) };
}
