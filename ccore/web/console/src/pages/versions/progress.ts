/** How publishing goes, in steps that people know, from what the command says. */

export type Kind = "publish" | "rollback";
export type State = "running" | "done" | "failed" | "lost";
export type Step = "checked" | "tried" | "kept" | "switched" | "running" | "called" | "live";

export interface Told {
  at_s: number;
  text: string;
}

export interface Shown {
  step: Step;
  state: "done" | "now" | "failed" | "waiting";
  at_s: number | null;
}

const SAYS: Record<Step, RegExp> = {
  checked: /^checked:|^nothing to do/,
  tried: /^tried on an Asterisk apart|^nothing to do/,
  kept: /^version \d+ kept|^nothing to do/,
  switched: /^switched from|is live; no ccore runs|^nothing to do/,
  running: /^running everywhere|is live; no ccore runs|^nothing to do/,
  called: /numbers? called, all answered|not called, because|is live; no ccore runs|^nothing to do/,
  live: /^version \d+ is live|^nothing to do/,
};
const STEPS: Record<Kind, Step[]> = {
  publish: ["checked", "tried", "kept", "switched", "running", "called", "live"],
  rollback: ["switched", "running", "called", "live"],
};
const BAD = /^(FAULT|NOT PUBLISHED|NOT ROLLED BACK|ROLLING BACK|ccore:)|:\d+ [A-Z]{2,}\d* /;

/** Each step; of those that were not reached the first is the one that goes on, or that failed. */
export function progress(kind: Kind, state: State, told: readonly Told[]): Shown[] {
  let reached = true;
  return STEPS[kind].map((step) => {
    const said = told.find(({ text }) => SAYS[step].test(text));
    if (said || state === "done") return { step, state: "done", at_s: said?.at_s ?? null };
    const first = reached;
    reached = false;
    if (!first) return { step, state: "waiting", at_s: null };
    return { step, state: state === "running" ? "now" : "failed", at_s: null };
  });
}

/** What was said of things that went wrong. */
export function wrong(told: readonly Told[]): string[] {
  return told.map(({ text }) => text).filter((text) => BAD.test(text));
}
