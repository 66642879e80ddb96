/** What a screen on a wall is: opened by its link, shown for weeks, ended. It never asks anybody to sign in. */
import { onScopeDispose, ref, watch, type Ref } from "vue";
import { api, ApiError, ask } from "@/api/client";
import { link } from "@/live";
import { hang, recognise, session, takeDown } from "@/session";

/** `asking`: the server has not said yet; `used`: a link that opens nothing (any more); `ended`: somebody has ended it. */
export type Standing = "asking" | "away" | "shown" | "used" | "ended";

const AGAIN_MS = 5_000; // while the server does not answer
const SPREAD_MS = 5_000; // so that the screens of a house do not come at once

/** `secret`: what stood in the link behind the #, "" if nothing did. */
export function useDisplay(secret: string): Ref<Standing> {
  const standing = ref<Standing>(session.may("supervisor") && !secret ? "shown" : "asking");
  let timer = 0;
  let refused = false;

  async function look(): Promise<void> {
    window.clearTimeout(timer);
    try {
      if (secret) await open();
      const wall = await ask(api.GET("/api/v1/wall"));
      if (wall.display === 0) await recognise();
      else await hang(wall, () => void look(), () => void look());
      standing.value = "shown";
    } catch (error) {
      if (error instanceof ApiError && !error.passing) end();
      else later();
    }
  }

  /** A link opens once; if it was this very screen that it has opened, its cookie is enough. */
  async function open(): Promise<void> {
    try {
      await ask(api.POST("/api/v1/wall", { body: { secret } }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.passing) throw error;
      refused = true;
    }
    secret = "";
  }

  function end(): void {
    takeDown();
    standing.value = refused ? "used" : "ended";
  }

  function later(): void {
    if (standing.value !== "shown") standing.value = "away"; // what is shown says itself that it is old
    timer = window.setTimeout(() => void look(), AGAIN_MS + Math.random() * SPREAD_MS);
  }

  if (standing.value === "asking") void look();
  // Who shows the same for weeks has to take up a new release by itself.
  watch(
    () => link.version,
    (version, before) => {
      if (session.wall && before && version && version !== before) location.reload();
    },
  );
  const another = (): void => {
    if (location.hash) location.reload(); // a new link, opened where an old one was
  };
  window.addEventListener("hashchange", another);
  onScopeDispose(() => {
    window.clearTimeout(timer);
    window.removeEventListener("hashchange", another);
  });
  return standing;
}
