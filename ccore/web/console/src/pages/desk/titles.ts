/** The titles of queues, and of what can come of a call, from the words of the desk. */
import type { Schema } from "@/api/client";
import { called, inWords } from "@/titles";

/** The title of a queue; its name if nobody has given it one. */
export function titled(words: Schema["DeskWords"] | null, queue: string | undefined): string {
  if (!queue) return "";
  const known = words?.queues.find(({ name }) => name === queue);
  return known ? inWords(known.title, queue) : queue;
}

/** The title of what came of a call. */
export function resultCalled(words: Schema["DeskWords"] | null, name: string): string {
  const known = words?.dispositions.find((each) => each.name === name);
  return known ? called(known) : name;
}
