/** The console begins: who is it, in which language, and where do they want to go. */
import { createApp } from "vue";
import App from "./App.vue";
import { i18n, speak } from "./i18n";
import { preferences } from "./preferences";
import { router } from "./router";
import { recognise } from "./session";
import { press } from "./shortcuts";
import "./style.css";

async function begin(): Promise<void> {
  const [known] = await Promise.allSettled([recognise(), speak(preferences.language)]);
  // A wall has nobody to press a button: it tries again by itself.
  const app = createApp(App, { unanswered: known.status === "rejected" && location.pathname !== "/wall" });
  app.use(i18n).use(router).mount("#console");
  window.addEventListener("keydown", press);
}

const RELOADED = "ccore.reloaded";
const AGAIN_AFTER_MS = 60_000; // a server that lacks a file is not asked for ever

// A page of a version that the server has no more: the new one has it.
window.addEventListener("vite:preloadError", () => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < AGAIN_AFTER_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

void begin();
