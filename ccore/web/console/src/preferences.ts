/** What somebody likes, kept in their browser: language, scheme, how telephone numbers are written. */
import { reactive, watch } from "vue";
import type { Scheme } from "./theme";

export type Language = "zh-CN" | "en";
export type Wish = Scheme | "system";
export type Numbers = "grouped" | "plain";

const PLACE = "ccore.preferences";
const system = window.matchMedia("(prefers-color-scheme: dark)");

interface Preferences {
  language: Language;
  scheme: Wish;
  numbers: Numbers;
}

function kept(): Preferences {
  const first: Language = navigator.language.toLowerCase().startsWith("en") ? "en" : "zh-CN";
  const usual: Preferences = { language: first, scheme: "system", numbers: "grouped" };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Preferences>) };
  } catch {
    return usual; // storage is forbidden, or holds something else: there is always a usual
  }
}

export const preferences = reactive<Preferences>(kept());
export const seen = reactive({ scheme: schemeNow() });

watch(preferences, () => {
  seen.scheme = schemeNow();
  try {
    localStorage.setItem(PLACE, JSON.stringify(preferences));
  } catch {
    // Storage is full or forbidden: it holds for this tab.
  }
});
system.addEventListener("change", () => {
  seen.scheme = schemeNow();
});

function schemeNow(): Scheme {
  if (preferences.scheme !== "system") return preferences.scheme;
  return system.matches ? "dark" : "light";
}
