/** What is wrong with the chain of the audit, as the server says it: pure. */

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^seal (?<number>\d+) is missing$/, "sealMissing"],
  [/^seal (?<number>\d+) does not follow/, "sealMoved"],
  [/^entry (?<number>\d+) is missing$/, "entryMissing"],
  [/^entry (?<number>\d+) is not as it was sealed$/, "entryChanged"],
  [/^(?<number>\d+) entries have no seal/, "unsealed"],
  [/^the chain has no seal (?<number>[0-9a-f]+)/, "cut"],
];

/** The word of this page for a fault; null: the server's own sentence will do. */
export function faultOf(sentence: string): { word: string; named: Record<string, string> } | null {
  for (const [pattern, word] of KNOWN) {
    const found = pattern.exec(sentence);
    if (found) return { word, named: { ...found.groups } };
  }
  return null;
}
