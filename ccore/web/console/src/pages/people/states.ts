/** How somebody stands, in one word: pure. */
import type { Schema } from "@/api/client";
import type { Kind } from "@/parts/StateTag.vue";

export type Somebody = Schema["Somebody"];

/** What an admin has to see first. */
export function stateOf(person: Somebody): { kind: Kind; word: string } {
  if (!person.active) return { kind: "idle", word: "inactive" };
  if (person.locked) return { kind: "bad", word: "locked" };
  if (person.told_until) return { kind: "warn", word: "told" };
  if (!person.has_password && !person.directory) return { kind: "warn", word: "noPassword" };
  return { kind: "good", word: "active" };
}
