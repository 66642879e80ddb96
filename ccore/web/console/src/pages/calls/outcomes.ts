/** What can come of a call, and how it looks. */
import type { Schema } from "@/api/client";

export type Outcome = Schema["CallRecord"]["outcome"];

export const KINDS: Readonly<Record<Outcome, "good" | "busy" | "warn" | "bad" | "idle" | "info">> = {
  "going-on": "busy",
  served: "good",
  ordered: "good",
  "self-served": "good",
  answered: "good",
  "order-refused": "bad",
  abandoned: "bad",
  "not-served": "bad",
  failed: "bad",
  interrupted: "bad",
  "left-in-menu": "warn",
  "call-back": "warn",
  voicemail: "warn",
  campaign: "idle",
  "no-answer": "idle",
  busy: "idle",
};
export const OUTCOMES = Object.keys(KINDS) as Outcome[];
