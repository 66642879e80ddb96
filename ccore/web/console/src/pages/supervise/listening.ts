/** The supervisor's listening that goes on: begun, changed and ended, and what becomes of it. */
import { onScopeDispose, ref } from "vue";
import { api, ask, type Schema } from "@/api/client";
import { session } from "@/session";
import type { OwnPhone } from "./own-phone";

export type Mode = "listen" | "whisper" | "barge";
export type Session = Schema["ListeningSession"];
type LiveCall = Schema["LiveCall"];

const LOOK_EVERY_MS = 5_000;
const NEWEST = 20; // sessions: one's own that goes on is among them

export function useListening(phone: OwnPhone) {
  const newest = ref<readonly Session[]>([]);
  const current = ref<Session | null>(null);
  const error = ref<unknown>(null);
  const over = new Set<number>(); // that were ended here: their phone may be a moment behind

  async function look(): Promise<void> {
    try {
      newest.value = (await ask(api.GET("/api/v1/listening", { params: { query: { size: NEWEST } } }))).sessions;
      current.value = newest.value.find((each) => each.who === session.person?.login && each.ended_at === null && !over.has(each.session)) ?? null;
      error.value = null;
    } catch (trouble) {
      error.value = trouble;
    }
  }
  async function begun(asking: Promise<unknown>): Promise<void> {
    try {
      await asking;
    } finally {
      await look();
    }
  }

  /** Be in a call so: the phone rings, or what goes on goes on otherwise. Throws ApiError. */
  async function be(mode: Mode, { call, node }: LiveCall, agent: string): Promise<void> {
    const now = current.value;
    if (now?.began_at && now.call === call && now.agent === agent) {
      return begun(ask(api.PUT("/api/v1/listening/{session}", { params: { path: { session: String(now.session) } }, body: { mode } })));
    }
    if (now) await end();
    const at = await phone.ready(node);
    return begun(ask(api.POST("/api/v1/calls/{call}/listening", { params: { path: { call } }, body: { mode, agent, phone: at } })));
  }
  async function takeOver({ call, node }: LiveCall, agent: string): Promise<void> {
    const at = current.value?.call === call ? current.value.phone : await phone.ready(node);
    return begun(ask(api.POST("/api/v1/calls/{call}/take-over", { params: { path: { call } }, body: { agent, phone: at } })));
  }
  async function end(): Promise<void> {
    const now = current.value;
    if (!now) return;
    over.add(now.session);
    await begun(ask(api.DELETE("/api/v1/listening/{session}", { params: { path: { session: String(now.session) } } })));
  }
  void look();
  const timer = window.setInterval(() => document.hidden || void look(), LOOK_EVERY_MS);
  onScopeDispose(() => window.clearInterval(timer));
  return { newest, current, error, be, takeOver, end, look };
}

export type Listening = ReturnType<typeof useListening>;
