/** What the server says a node or a step does, in pieces: it says it in English, and people read it in their language. */

export interface Doing {
  /** Of `hotlines.doing`. */
  key: string;
  what: string;
  seconds: string;
  of: string;
}

const STEPS: [RegExp, string][] = [
  [/^waits for a key$/, "key"],
  [/^waits for up to (?<what>\d+) keys$/, "keys"],
  [/^plays$/, "plays"],
  [/^asks (?<what>.+)$/, "asks"],
  [/^queue (?<what>\S+) for (?<seconds>\d+) s$/, "queue"],
  [/^order (?<what>.+)$/, "order"],
  [/^transfer (?<what>.+)$/, "transfer"],
  [/^records (?<what>.+)$/, "records"],
  [/^notes a call-back for (?<what>.+)$/, "callBack"],
  [/^notes answers of (?<what>.+)$/, "answers"],
  [/^sends text (?<what>.+)$/, "text"],
  [/^announcement: (?<what>.+)$/, "announcement"],
  [/^hangs up$/, "hangsUp"],
];
const SILENT: [RegExp, string][] = [
  [/^by (?<what>\S+) of (?<of>.+)$/, "byOf"],
  [/^by (?<what>\S+)$/, "by"],
  [/^asks (?<what>.+)$/, "asks"],
  [/^queue (?<what>.+), (?<seconds>\d+) s$/, "queue"],
  [/^to (?<what>\S+)$/, "transfer"],
  [/^box (?<what>\S+)$/, "records"],
  [/^text (?<what>\S+)$/, "text"],
  [/^the caller's number$/, "ownNumber"],
];

function read(of: [RegExp, string][], text: string): Doing | null {
  for (const [pattern, key] of of) {
    const found = pattern.exec(text);
    if (!found) continue;
    const said = (name: string): string => found.groups?.[name] ?? "";
    return { key, what: said("what"), seconds: said("seconds"), of: said("of") };
  }
  return null;
}

/** A step of a walk; null if it is told in other words. */
export function step(does: string): Doing | null {
  return read(STEPS, does);
}

/** The gist of a node at which nothing is said; null if it is a sentence. */
export function silent(gist: string): Doing | null {
  return read(SILENT, gist);
}
