/** Who is signed in, and what becomes of the page when nobody is any more. */
import { computed, reactive } from "vue";
import { allows, type Allowed, type Role } from "./access";
import { api, ask, ApiError, credentials, type Schema } from "./api/client";
import * as live from "./live/socket";
import { preferences } from "./preferences";
import { speak } from "./i18n";

export type Me = Schema["Me"];
type Wall = Schema["Wall"];

interface State {
  /** `unknown` until the server has said; `lost`: the page stands, and waits for its person to sign in again. */
  state: "unknown" | "out" | "in" | "lost";
  me: Me | null;
  wall: Wall | null;
}

const kept = reactive<State>({ state: "unknown", me: null, wall: null });

export const session = {
  get state() {
    return kept.state;
  },
  get person(): Me | null {
    return kept.me;
  },
  /** The screen on a wall that this is: nobody has signed in at it, and it only shows. */
  get wall(): Wall | null {
    return kept.wall;
  },
  get roles(): readonly Role[] | null {
    return kept.me?.roles ?? null;
  },
  /** Nothing may be done before a second factor is set up. */
  get bare(): boolean {
    return kept.me?.second_factor === "wanted";
  },
  /** Whether they have one of these roles, or are an admin. */
  may(...roles: Role[]): boolean {
    return allows(roles, session.roles);
  },
  allows(allowed: Allowed | undefined): boolean {
    return allows(allowed, session.roles);
  },
};
const NOBODY = new Set([401, 403]); // 403: the screen on a wall, which is nobody

export const signedIn = computed(() => kept.state === "in");

/** Ask the server who is signed in; without an answer, nobody is. */
export async function recognise(): Promise<void> {
  try {
    await enter(await ask(api.GET("/api/v1/session")));
  } catch (error) {
    if (!(error instanceof ApiError) || !NOBODY.has(error.status)) throw error;
    if (kept.state === "unknown") kept.state = "out";
    else lose();
  }
}

/** This is a screen on a wall, in its own language. `over`: its socket says that it has ended; `doubt`: perhaps it has. */
export async function hang(wall: Wall, over: () => void, doubt: () => void): Promise<void> {
  kept.wall = wall;
  preferences.language = wall.language === "en" ? "en" : "zh-CN";
  await speak(preferences.language);
  live.begin(over, doubt);
}

/** It shows nothing any more. */
export function takeDown(): void {
  live.end();
  kept.wall = null;
}

/** Sign in. Throws ApiError. */
export async function signIn(name: string, password: string, code: string): Promise<void> {
  const me = await ask(api.POST("/api/v1/session", { body: { name, password, code } }));
  if (kept.state === "lost" && me.login !== kept.me?.login) location.assign("/"); // another's page is none of theirs
  else await enter(me);
}

/** Sign out: the page is loaded anew, so that nothing of it is left. */
export async function signOut(): Promise<void> {
  live.end();
  await ask(api.DELETE("/api/v1/session"));
  location.assign("/sign-in");
}

/** The session is over: what is shown waits, hidden, until its person is back. */
export function lose(): void {
  if (kept.state !== "in") return;
  kept.state = "lost";
  credentials.csrf = "";
  live.end();
}

async function enter(me: Me): Promise<void> {
  const first = kept.state !== "in";
  kept.me = me;
  credentials.csrf = me.csrf;
  credentials.lost = lose;
  kept.state = "in";
  if (first) {
    preferences.language = me.language === "en" ? "en" : "zh-CN";
    await speak(preferences.language);
  }
  if (me.second_factor !== "wanted") live.begin(lose, () => void recognise().catch(() => undefined));
}
