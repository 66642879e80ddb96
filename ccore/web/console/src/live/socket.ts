/** The tab's one live socket: it comes back by itself, and goes on where it was. */
import { reactive, shallowReactive } from "vue";
import { heard } from "@/clock";
import { wait } from "./backoff";
import { NOTHING, subscription, take, type Frame, type Gap, type Known } from "./protocol";

export type State = "live" | "behind" | "away";

export interface Topic {
  readonly name: string;
  readonly entries: Map<string, unknown>;
  at: string | null;
  gap: Gap | null;
  denied: string | null;
  state: State;
}

interface Kept {
  shown: Topic;
  known: Known;
  users: number;
  always: boolean; // also while the tab is hidden
}

const PATH = "/api/v1/live";
const PING_EVERY_MS = 10_000;
const SILENCE_MS = 25_000; // then the socket is taken for dead
const HIDDEN_AFTER_MS = 30_000; // a tab that is looked at again at once misses nothing
const OVER = 4401; // the session is

export const link = reactive({ state: "away" as State, version: "", instance: "" });

const topics = new Map<string, Kept>();
let socket: WebSocket | null = null;
let wanted = false;
let failed = 0;
let last = 0; // when something came
let retry = 0;
let hidden = 0;
let quiet = false;
let active = false; // whether somebody has done something since the last ping: a session that nobody uses ends
let lost: () => void = () => undefined;
let look: () => void = () => undefined;

/** Open the socket, and keep it open. `over`: the session has ended; `doubt`: perhaps it has. */
export function begin(over: () => void, doubt: () => void): void {
  lost = over;
  look = doubt;
  if (wanted) return;
  wanted = true;
  failed = 0;
  open();
}

/** Close it; what was known is forgotten. */
export function end(): void {
  wanted = false;
  window.clearTimeout(retry);
  socket?.close();
  socket = null;
  for (const kept of topics.values()) forget(kept);
  show();
}

/** A topic, subscribed to until as often `leave`d. */
export function join(name: string, always: boolean): Topic {
  let kept = topics.get(name);
  if (!kept) {
    const entries = shallowReactive(new Map<string, unknown>());
    const shown = reactive({ name, entries, at: null, gap: null, denied: null, state: "away" }) as unknown as Topic;
    kept = { shown, known: NOTHING, users: 0, always };
    topics.set(name, kept);
  }
  kept.always ||= always;
  kept.users += 1;
  if (kept.users === 1) subscribe(kept);
  return kept.shown;
}

/** Somebody needs it no more. */
export function leave(name: string): void {
  const kept = topics.get(name);
  if (!kept || --kept.users > 0) return;
  kept.always = false;
  say({ do: "unsubscribe", topic: name });
  forget(kept);
}

function open(): void {
  const address = new URL(PATH, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address);
  socket = opened;
  let greeted = false;
  opened.onopen = () => {
    if (socket !== opened) return;
    last = Date.now();
    for (const kept of topics.values()) if (kept.users > 0 && (kept.always || !quiet)) subscribe(kept);
    show();
  };
  opened.onmessage = (event: MessageEvent<string>) => {
    if (socket !== opened) return;
    last = Date.now();
    greeted = true;
    failed = 0;
    receive(JSON.parse(event.data) as Frame);
    show();
  };
  opened.onclose = (event: CloseEvent) => {
    if (socket !== opened) return;
    socket = null;
    show();
    if (event.code === OVER) {
      lost();
    } else if (wanted) {
      if (!greeted) look(); // refused, or nobody there: a handshake does not tell which
      retry = window.setTimeout(open, wait(failed));
      failed += 1;
    }
  };
}

function receive(frame: Frame): void {
  if (frame.at !== undefined) heard(frame.at);
  if (frame.hello !== undefined) {
    link.version = frame.hello.version ?? "";
    link.instance = frame.hello.instance ?? "";
  }
  const kept = frame.topic === undefined ? undefined : topics.get(frame.topic);
  if (!kept || kept.users === 0) return;
  const change = take(kept.known, frame);
  kept.known = change.known;
  const { entries } = kept.shown;
  if (change.replaced) entries.clear();
  for (const [key, entry] of Object.entries(change.replaced ?? change.set ?? {})) entries.set(key, entry);
  for (const key of change.unset ?? []) entries.delete(key);
  if (change.again) subscribe(kept);
}

function subscribe(kept: Kept): void {
  say(subscription(kept.shown.name, kept.known));
  show();
}

function say(words: Record<string, unknown>): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
}

function forget(kept: Kept): void {
  kept.known = NOTHING;
  kept.shown.entries.clear();
}

/** What pages see of it. */
function show(): void {
  const silent = Date.now() - last > PING_EVERY_MS * 1.5;
  const up = socket?.readyState === WebSocket.OPEN;
  link.state = !up ? "away" : silent ? "behind" : "live";
  for (const { shown, known } of topics.values()) {
    shown.at = known.at;
    shown.gap = known.gap;
    shown.denied = known.denied;
    shown.state = link.state === "live" && known.seq === null && known.denied === null ? "behind" : link.state;
  }
}

window.setInterval(() => {
  if (!socket) return;
  if (socket.readyState === WebSocket.OPEN && Date.now() - last > SILENCE_MS) {
    const dead = socket;
    socket = null; // its close may take minutes
    dead.close();
    if (wanted) open();
  } else {
    say({ do: "ping", at: new Date().toISOString(), active });
    active = false;
  }
  show();
}, PING_EVERY_MS);

for (const doing of ["pointerdown", "keydown"]) {
  document.addEventListener(doing, () => (active = true), { capture: true, passive: true });
}

document.addEventListener("visibilitychange", () => {
  window.clearTimeout(hidden);
  if (document.hidden) {
    hidden = window.setTimeout(() => hush(true), HIDDEN_AFTER_MS);
  } else if (quiet) {
    hush(false);
  }
});

function hush(now: boolean): void {
  quiet = now;
  for (const kept of topics.values()) {
    if (kept.always || kept.users === 0) continue;
    if (quiet) say({ do: "unsubscribe", topic: kept.shown.name });
    else subscribe(kept);
  }
}

window.addEventListener("online", () => {
  if (!wanted || socket) return;
  window.clearTimeout(retry);
  open();
});
