/** Refusals of the server's that people meet here, in the reader's language: pure. */
import { ApiError } from "@/api/errors";

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^not of yourself/, "notYourself"],
  [/^there is a (?<login>\S+) already$/, "loginTaken"],
  [/^agent (?<number>\S+) is somebody else/, "agentTaken"],
  [/^employee (?<number>\S+) is somebody else/, "employeeTaken"],
  [/^there is no employee (?<number>\S+)$/, "noEmployee"],
  [/^a number of theirs is somebody else/, "numberTaken"],
  [/^their password is the directory/, "ofDirectory"],
];

/** The word of this page for what was refused, with what is filled in; null: the server's own sentence will do. */
export function refusal(sentence: string): { word: string; named: Record<string, string> } | null {
  for (const [pattern, word] of KNOWN) {
    const found = pattern.exec(sentence);
    if (found) return { word, named: { ...found.groups } };
  }
  return null;
}

/** What was thrown, with the sentence in the words of `t` if there are some. */
export function inWords(error: unknown, t: (key: string, named: Record<string, string>) => string): unknown {
  const known = error instanceof ApiError && error.status === 409 ? refusal(error.message) : null;
  return known ? t(`people.refused.${known.word}`, known.named) : error;
}
