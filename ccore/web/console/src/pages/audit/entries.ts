/** What an entry of the audit says, made ready to be shown: pure. */
import type { Schema } from "@/api/client";

export type Entry = Schema["AuditEntry"];

export const OUTCOMES = ["done", "refused", "failed"] as const satisfies readonly Entry["outcome"][];

/** How an outcome looks; what was done is not marked. */
export const MARKS = { refused: "bad", failed: "warn" } as const satisfies Partial<Record<Entry["outcome"], string>>;

export interface Told {
  key: string;
  /** Null: nothing is known of before. */
  before: string | null;
  after: string;
}

/** Kinds of things entries are about, as subjects begin. */
export const KINDS = [
  "person", "unknown-person", "address", "call", "recording", "agent", "queue", "campaign", "list", "contact", "number", "order", "claim", "product", "team", "employee", "period",
  "dispute", "payout", "message", "trunk", "announcement", "publication", "prompt-build", "review", "coaching", "case", "alert", "export",
] as const;

/** What people look for, at one press: who saw whole numbers, who heard recordings, … */
export const LOOKS = {
  unmasked: { action: "number-unmasked" },
  heard: { action: "recording-heard" },
  listened: { action: "listened" },
  people: { subject: "person:" },
  refused: { action: "sign-in-refused" },
  exported: { action: "audit-exported" },
} as const satisfies Record<string, { action?: string; subject?: string }>;

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length ? value.map(said).join(", ") : "—";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Line by line; what was `before` stands beside what is now. */
export function lines(detail: Readonly<Record<string, unknown>>): Told[] {
  const { before, ...now } = detail;
  const was = (before && typeof before === "object" ? before : {}) as Record<string, unknown>;
  const keys = [...new Set([...Object.keys(now), ...Object.keys(was)])];
  return keys.map((key) => ({ key, before: key in was ? said(was[key]) : null, after: key in now ? said(now[key]) : "—" }));
}

/** `person:li` is of kind `person`, named `li`; a subject without a colon is its own kind. */
export function parted(subject: string): { kind: string; name: string } {
  const at = subject.indexOf(":");
  return at < 0 ? { kind: subject, name: "" } : { kind: subject.slice(0, at), name: subject.slice(at + 1) };
}
