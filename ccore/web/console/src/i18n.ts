/** Words: common ones, and those of each page under the page's name; a language is loaded when it is wanted. */
import { nextTick } from "vue";
import { createI18n } from "vue-i18n";
import type { NDateLocale, NLocale } from "naive-ui";
import { shallowReactive } from "vue";
import type { Language } from "./preferences";

export interface Common {
  words: Record<string, unknown>;
  locale: NLocale;
  dateLocale: NDateLocale;
}
interface Words {
  default: Record<string, unknown>;
}

const COMMON: Record<Language, () => Promise<{ default: Common }>> = {
  "zh-CN": () => import("./words/zh-CN"),
  en: () => import("./words/en"),
};
const PAGES: Record<Language, Record<string, () => Promise<Words>>> = {
  "zh-CN": import.meta.glob<Words>("./{pages,phone}/**/zh-CN.ts"),
  en: import.meta.glob<Words>("./{pages,phone}/**/en.ts"),
};

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN" as string,
  fallbackLocale: "en",
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
  messages: {},
});
/** Naive UI's own words. */
export const naive = shallowReactive<{ locale: NLocale | null; dateLocale: NDateLocale | null }>({
  locale: null,
  dateLocale: null,
});

/** Speak this language. */
export async function speak(language: Language): Promise<void> {
  const { default: common } = await COMMON[language]();
  if (!i18n.global.availableLocales.includes(language)) {
    const pages = await Promise.all(
      Object.entries(PAGES[language]).map(async ([path, load]) => [pageOf(path), (await load()).default] as const),
    );
    i18n.global.setLocaleMessage(language, { ...common.words, ...Object.fromEntries(pages) });
  }
  naive.locale = common.locale;
  naive.dateLocale = common.dateLocale;
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
  await nextTick();
}

/** A word outside of components. */
export function said(key: string, named: Record<string, unknown> = {}): string {
  return i18n.global.t(key, named);
}

/** The page whose words a file has: `sign-in` of `./pages/sign-in/en.ts`. */
function pageOf(path: string): string {
  return path.split("/").at(-2) ?? path;
}
