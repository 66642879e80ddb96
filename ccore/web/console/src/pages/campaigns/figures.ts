/** What campaigns show, from what the server tells: pure. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export type State = Schema["LiveCampaign"]["state"];
export type Sample = Schema["PaceSample"];

/** How a state is shown. */
export const KINDS: Readonly<Record<State, Kind>> = { running: "good", draining: "warn", stopped: "idle" };

/** Which states may be wanted of one that is in another. */
export function wanted(state: State): State[] {
  const all: Readonly<Record<State, State[]>> = {
    running: ["draining", "stopped"],
    draining: ["running", "stopped"],
    stopped: ["running"],
  };
  return all[state];
}

/** How near abandonment is to its limit; null: nobody has answered yet. */
export function pressure(permille: number | null, limit: number): Kind | null {
  if (permille === null) return null;
  if (permille >= limit) return "bad";
  return permille >= limit * 0.8 ? "warn" : "good";
}

/** What all nodes together did in each step, the oldest first; steps in which nothing was decided are null. */
export function steps(samples: readonly Sample[], stepS: number): { at: number; of: Summed | null }[] {
  const found = new Map<number, Summed>();
  for (const sample of samples) {
    const at = Date.parse(sample.at);
    const before = found.get(at) ?? { began: 0, idle: 0, busy: 0, waiting: 0, outstanding: 0, expected_free: 0 };
    for (const key of SUMMED) before[key] += sample[key];
    found.set(at, before);
  }
  if (found.size === 0) return [];
  const [first, last] = [Math.min(...found.keys()), Math.max(...found.keys())];
  const count = Math.round((last - first) / (stepS * 1_000)) + 1;
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * stepS * 1_000;
    return { at, of: found.get(at) ?? null };
  });
}

const SUMMED = ["began", "idle", "busy", "waiting", "outstanding", "expected_free"] as const;
export type Summed = Record<(typeof SUMMED)[number], number>;

/** Headings that a refusal of a file names at its end. */
export function headingsIn(reason: string): string[] {
  const [, listed] = /Headings: (.*)$/s.exec(reason) ?? [];
  return listed ? listed.split(", ").filter(Boolean) : [];
}

/** All headings of a file, as far as its reading tells them. */
export function headingsOf(columns: Schema["UploadColumns"] | null, reason: string): string[] {
  if (!columns) return headingsIn(reason);
  const one = [columns.number, columns.name, columns.priority, columns.not_before, columns.agent];
  const all = [...one, ...(columns.others ?? []), ...Object.values(columns.fields ?? {}), ...(columns.left_out ?? [])];
  return [...new Set(all.filter((each): each is string => Boolean(each)))];
}

/** The word of a key that the server made of an English phrase: `answered by a person` is `answered_by_a_person`. */
export function slug(phrase: string): string {
  return phrase.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
}
