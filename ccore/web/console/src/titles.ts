/** What operators call their things, in the reader's language where there is a word in it. */
import { preferences } from "@/preferences";

/** By language; the name if nobody has given it a title. */
export function inWords(title: Readonly<Record<string, string | undefined>> | undefined, name: string): string {
  const [own = "", other = ""] = preferences.language === "en" ? ["en", "zh"] : ["zh", "en"];
  return title?.[own] || title?.[other] || name;
}

/** Of what is named by one word of centre.toml or texts.toml. */
export function called({ title, title_en }: { title: string; title_en: string }): string {
  return preferences.language === "en" ? title_en : title;
}
