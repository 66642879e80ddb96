/** The agent who looks: what they do by the live topic, and what they can do about it. */
import { computed } from "vue";
import { api, ask, type Schema } from "@/api/client";
import { useDoing } from "@/done";
import { useTopic } from "@/live";
import { notice } from "@/notices";
import { seat } from "@/phone/keep";
import { session } from "@/session";

export type Me = Schema["LiveMe"];

export function useMe() {
  const topic = useTopic<Me>("me", { always: true });
  const calls = useTopic<Schema["LiveCall"]>("calls", { always: true });
  const me = computed(() => topic.entries.get("me") ?? null);
  const agent = computed(() => session.person?.agent ?? "");
  const { busy, run: doing } = useDoing(notice.failed);
  const kind = computed(() => seat.kind);

  const params = computed(() => ({ params: { path: { agent: agent.value } } }));

  return {
    topic,
    calls,
    me,
    agent,
    kind,
    busy,
    doing,
    pause: (reason: string) => doing("pause", () => ask(api.POST("/api/v1/agents/{agent}/pause", { ...params.value, body: { reason } }))),
    resume: () => doing("resume", () => ask(api.POST("/api/v1/agents/{agent}/resume", params.value))),
    signOut: () => doing("sign-out", () => ask(api.POST("/api/v1/agents/{agent}/sign-out", params.value))),
    extend: (seconds: number) =>
      doing("extend", () => ask(api.POST("/api/v1/agents/{agent}/wrap-up", { ...params.value, body: { seconds } }))),
    finish: () => doing("finish", () => ask(api.DELETE("/api/v1/agents/{agent}/wrap-up", params.value))),
  };
}

export type Desk = ReturnType<typeof useMe>;
