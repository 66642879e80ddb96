/** The phone of this browser: one for all its tabs, held by one of them, whatever page is shown. */
import { reactive } from "vue";
import { api, ask, ApiError } from "@/api/client";
import { notice } from "@/notices";
import { said } from "@/i18n";
import { router } from "@/router";
import { chosen, allowed } from "./devices";
import { OFF, step, type Effect, type PhoneEvent, type PhoneState, type Why } from "./model";
import { quality, type Counts, type Quality } from "./quality";
import type { Line, Registration } from "./sip";
import { share, type Order, type Tabs } from "./tabs";
import { hush, ring, tryOut } from "./tones";

export type { PhoneState } from "./model";
export type { Quality } from "./quality";

/** `mine`: this tab has the phone; else `state` is how it is in the tab that has. */
interface Shown {
  state: PhoneState;
  mine: boolean;
  quality: Quality | null;
  seated: boolean;
  /** Its number, once this tab has it. */
  number: string;
}
interface Seat {
  number: string;
  /** Of a supervisor, who only listens: at which node. */
  listensAt?: string;
  /** The call that ccore says they are in; empty: none. */
  call: string;
}

const DESK = "desk"; // the page of calls
const EXPECTED_MS = 8_000; // within them the call this browser was in rings again, or does not
const TRY_EVERY_MS = 500; // to take a call again
const READY_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 50;
const MEASURE_EVERY_MS = 2_000;
const RENEW_BEFORE_MS = 300_000; // of the end of the password
const AGAIN_AFTER_MS = 3_000; // credentials were refused: ccore or Asterisk has just been started
const CODES: Readonly<Record<number, Why>> = { 4401: "session-ended", 4403: "signed-out", 4409: "taken-over" };

const shown = reactive<Shown>({ state: OFF, mine: false, quality: null, seated: false, number: "" });
export const phone: Readonly<Shown> = shown;
/** Told when a call comes, before it rings. */
export const onCall = new Set<(call: string) => void>();

const far = new Audio();
let tabs: Tabs<PhoneState> | null = null;
let line: Line | null = null;
let seat: Seat | null = null;
let lost = ""; // the call that was under way before this tab had the phone
let starting = 0; // counts, so that what was begun for an earlier seat is dropped
let renewal = 0;
let measuring = 0;
let before: Counts | null = null;

/** Take a seat at a browser phone that is free. Throws ApiError. */
export async function sit(agent: string): Promise<void> {
  if (!(await allowed())) notice.failed(said("desk.phone.noMicrophone"));
  await ask(api.POST("/api/v1/agents/{agent}/sign-in", { params: { path: { agent } }, body: { kind: "browser" } }));
}

/** Where ccore says its agent sits, and in which call; null: at no browser phone. Say it whenever it changes. */
export function seated(now: Seat | null): void {
  const same = seat?.number === now?.number;
  seat = now;
  shown.seated = now !== null;
  if (same && tabs) return;
  leave("signed-out");
  if (!now) return;
  lost = now.call;
  void import("./sip").catch(() => undefined); // a tab that takes the phone over has seconds, not more
  tabs = share<PhoneState>(held, (state) => Object.assign(shown, { state }), obey);
}

/** A supervisor's phone at `node`, ready to ring: its number. The next call is answered by itself. Throws ApiError or Error. */
export async function listening(node: string): Promise<string> {
  if (!(await allowed())) throw new Error(said("desk.phone.noMicrophone"));
  if (!seat) seated({ number: node, call: "", listensAt: node });
  for (let waited = 0; waited < READY_WITHIN_MS; waited += LOOK_EVERY_MS) {
    if (shown.mine && shown.state.line === "ready") {
      expectRing();
      return shown.number;
    }
    await new Promise((resolve) => window.setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(said("desk.phone.line.away"));
}

/** The call that rings next was asked for in this page: it is answered by itself, if it comes soon. */
export function expectRing(): void {
  happened({ is: "expect", call: "", until: Date.now() + EXPECTED_MS });
}

export function answer(): void {
  command({ do: "answer" });
}
export function hangUp(): void {
  command({ do: "hang-up" });
}
export function mute(on: boolean): void {
  command({ do: "mute", on });
}
export function key(pressed: string): void {
  command({ do: "key", key: pressed });
}
/** Have the phone in this tab, or in this browser after another one took it. */
export function takeOver(): void {
  if (!seat) return;
  lost = seat.call;
  if (!tabs) return;
  if (shown.mine) void begin();
  else tabs.takeOver();
}
/** Use the devices that are chosen now, also in a call. */
export async function useDevicesChosen(): Promise<void> {
  await heardBy(chosen.speaker);
  await line?.speakInto(chosen.microphone);
}
export { tryOut };

function command(order: Order): void {
  if (shown.mine) obey(order);
  else tabs?.order(order);
}

function obey(order: Order): void {
  switch (order.do) {
    case "answer":
      return happened({ is: "answer" });
    case "hang-up":
      return line?.hangUp();
    case "mute":
      return happened({ is: "mute", on: order.on });
    case "key":
      return line?.key(order.key);
    case "tell":
      return tabs?.tell(plain(shown.state));
  }
}

function held(mine: boolean): void {
  shown.mine = mine;
  if (mine) {
    if (shown.state.call) lost = shown.state.call.call; // its tab is gone
    void begin();
  } else {
    stop();
    happened({ is: "end", why: "other-tab" });
    tabs?.order({ do: "tell" });
  }
}

/** Register, and go on with the call there was. */
async function begin(): Promise<void> {
  stop();
  const mine = (starting += 1);
  shown.state = { ...OFF, last: shown.state.last };
  happened({ is: "begin" });
  try {
    const [registration, sip] = await Promise.all([registered(), import("./sip")]);
    if (mine !== starting) return;
    line = sip.connect(registration, far, told(mine));
    await heardBy(chosen.speaker);
  } catch (error) {
    if (mine !== starting) return;
    if (error instanceof ApiError && error.status === 409) happened({ is: "end", why: "signed-out" });
    else window.setTimeout(() => mine === starting && void begin(), AGAIN_AFTER_MS);
  }
}

async function registered(): Promise<Registration> {
  const given = await ask(api.POST("/api/v1/desk/phone", { body: { node: seat?.listensAt ?? null } }));
  shown.number = given.number;
  window.clearTimeout(renewal);
  const left = Date.parse(given.expires_at) - Date.now() - RENEW_BEFORE_MS;
  renewal = window.setTimeout(() => void renew(), Math.max(AGAIN_AFTER_MS, left));
  return given;
}

async function renew(): Promise<void> {
  const mine = starting;
  try {
    const given = await registered();
    if (mine === starting) line?.renew(given.password);
  } catch {
    window.clearTimeout(renewal);
    renewal = window.setTimeout(() => mine === starting && void renew(), AGAIN_AFTER_MS);
  }
}

function told(mine: number): Parameters<typeof import("./sip").connect>[2] {
  const now = (event: PhoneEvent): void => {
    if (mine === starting) happened(event);
  };
  return {
    registered: () => {
      now({ is: "registered" });
      if (mine === starting) void again();
    },
    lost: () => now({ is: "lost" }),
    closed: (code) => now({ is: "end", why: CODES[code] ?? "refused" }),
    refused: () => {
      now({ is: "lost" });
      window.clearTimeout(renewal);
      renewal = window.setTimeout(() => mine === starting && void renew(), AGAIN_AFTER_MS);
    },
    invited: (id, call, auto) => now({ is: "invite", id, call, auto, at: Date.now() }),
    confirmed: () => now({ is: "confirmed", at: Date.now() }),
    ended: (id, cause) => now({ is: "ended", id, cause }),
    notAnswered: () => now({ is: "not-answered", why: "no-microphone" }),
    sound: (well) => now({ is: "sound", well }),
  };
}

/** The call that was under way when this page was not yet: have Asterisk ring for it once more. */
async function again(): Promise<void> {
  const call = lost;
  lost = "";
  if (!call || shown.state.call) return;
  const until = Date.now() + EXPECTED_MS;
  happened({ is: "expect", call, until });
  for (;;) {
    try {
      await ask(api.POST("/api/v1/calls/{call}/take-again", { params: { path: { call } } }));
      return;
    } catch (error) {
      // 404: it is over. Anything else may be of this moment, as while ccore has not heard yet that a page is gone.
      const over = error instanceof ApiError && error.status === 404;
      if (over || Date.now() > until) return notice.failed(said("desk.phone.callWentOn"));
      await new Promise((resolve) => window.setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}

function happened(event: PhoneEvent): void {
  const [state, effects] = step(shown.state, event);
  const changed = state !== shown.state;
  shown.state = state;
  for (const effect of effects) act(effect);
  if (event.is === "invite" && state.call?.id === event.id) for (const tell of onCall) tell(state.call.call);
  if (changed && shown.mine) tabs?.tell(plain(state));
  measure();
}

function act(effect: Effect): void {
  switch (effect) {
    case "ring":
      return ring(chosen.ringer || chosen.speaker);
    case "hush":
      return hush();
    case "answer":
      return line?.answer(chosen.microphone);
    case "refuse":
      return line?.refuse();
    case "mute":
    case "unmute":
      return line?.mute(effect === "mute");
    case "mend-sound":
      return line?.mendSound();
    case "show":
      return show();
  }
}

/** Where calls are dealt with is shown, and the screen says that one rings when the browser is not before it. */
function show(): void {
  if (seat?.listensAt) return;
  if (router.currentRoute.value.name !== DESK) void router.push({ name: DESK });
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const told = new Notification(said("desk.phone.rings"), { tag: "ccore-call" });
  told.onclick = () => window.focus();
}

function measure(): void {
  const talks = shown.state.call?.talksSince != null;
  if (talks && !measuring && line) {
    measuring = window.setInterval(() => void count(), MEASURE_EVERY_MS);
  } else if (!talks && measuring) {
    window.clearInterval(measuring);
    measuring = 0;
    before = null;
    shown.quality = null;
  }
}

async function count(): Promise<void> {
  const now = await line?.counts();
  if (now && before) shown.quality = quality(before, now);
  before = now ?? null;
}

async function heardBy(speaker: string): Promise<void> {
  const out = far as HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };
  await out.setSinkId?.(speaker).catch(() => undefined); // it is unplugged: any other will do
}

function stop(): void {
  starting += 1;
  window.clearTimeout(renewal);
  line?.stop();
  line = null;
  far.srcObject = null;
  hush();
}

function leave(why: Why): void {
  stop();
  tabs?.end();
  tabs = null;
  shown.mine = false;
  happened({ is: "end", why: shown.state.why || why });
}

function plain(state: PhoneState): PhoneState {
  return JSON.parse(JSON.stringify(state)) as PhoneState;
}
