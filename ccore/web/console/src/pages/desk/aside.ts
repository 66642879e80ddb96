/** Whom an agent talks with who has asked a colleague, by what was done in the call: pure. */

/** `asks`: with the colleague, the caller waits; `caller`: with the caller, the colleague waits; `three`: all talk. */
export type Aside = "none" | "asks" | "caller" | "three";

const BECOMES: Readonly<Record<string, (was: Aside) => Aside>> = {
  consulted: () => "asks",
  "consult-swap": (was) => (was === "asks" ? "caller" : "asks"),
  "consult-cancel": () => "none",
  "consult-complete": () => "none",
  "consult-three-way": () => "three",
};

/** `done`: words of the call's handlings by this agent, in their order. */
export function aside(done: readonly string[], first: Aside = "none"): Aside {
  return done.reduce<Aside>((was, what) => BECOMES[what]?.(was) ?? was, first);
}
