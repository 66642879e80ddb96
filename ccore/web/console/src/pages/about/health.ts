/** How the whole is, in one sentence: pure. */
import type { Kind } from "@/parts/StateTag.vue";

export interface Part {
  key: string;
  up: boolean;
}

/** The worst of it: without PostgreSQL nothing is kept; without any node there are no calls; without some there are fewer. */
export function summary(parts: readonly Part[]): { kind: Kind; word: string; named: Record<string, number> } {
  const nodes = parts.filter(({ key }) => key.startsWith("node "));
  const down = nodes.filter(({ up }) => !up).length;
  if (parts.some(({ key, up }) => key === "postgresql" && !up)) return { kind: "bad", word: "noDatabase", named: {} };
  if (nodes.length > 0 && down === nodes.length) return { kind: "bad", word: "noNode", named: {} };
  if (down > 0) return { kind: "warn", word: "someNodes", named: { down, all: nodes.length } };
  return { kind: "good", word: "good", named: {} };
}
