/** The browser phone as values: what it is doing, what happens to it, and what is to be done then. Pure. */

/** `away`: it was there and comes back by itself; `off`: somebody has to do something, see `why`. */
export type Line = "off" | "connecting" | "ready" | "away";
export type Why = "" | "signed-out" | "session-ended" | "taken-over" | "refused" | "other-tab" | "no-microphone";
export type Phase = "ringing" | "answering" | "talking" | "broken";

export interface PhoneCall {
  /** Of the SIP session. */
  readonly id: string;
  /** The LinkedID by which ccore knows the call; empty if Asterisk did not say. */
  readonly call: string;
  readonly phase: Phase;
  readonly muted: boolean;
  /** When it came, and since when it is answered; ms. */
  readonly rangAt: number;
  readonly talksSince: number | null;
  /** It was answered by itself: by policy, or because it was this page's before. */
  readonly byItself: boolean;
}

export interface PhoneState {
  readonly line: Line;
  readonly why: Why;
  readonly call: PhoneCall | null;
  /** A call that this browser was in before this page: it is asked for again, until this moment (ms). */
  readonly expected: { readonly call: string; readonly until: number } | null;
  readonly last: { readonly call: string; readonly cause: string; readonly answered: boolean } | null;
}

export type PhoneEvent =
  | { is: "begin" }
  | { is: "registered" }
  | { is: "lost" }
  | { is: "end"; why: Why }
  | { is: "invite"; id: string; call: string; auto: boolean; at: number }
  | { is: "expect"; call: string; until: number }
  | { is: "answer" }
  | { is: "not-answered"; why: Why }
  | { is: "confirmed"; at: number }
  | { is: "ended"; id: string; cause: string }
  | { is: "mute"; on: boolean }
  | { is: "sound"; well: boolean };

export type Effect = "ring" | "hush" | "answer" | "refuse" | "mute" | "unmute" | "mend-sound" | "show";
export type Step = readonly [PhoneState, readonly Effect[]];

export const OFF: PhoneState = { line: "off", why: "", call: null, expected: null, last: null };

/** What becomes of the phone when something happens. What cannot be then changes nothing. */
export function step(state: PhoneState, event: PhoneEvent): Step {
  switch (event.is) {
    case "begin":
      return [{ ...state, line: state.line === "ready" ? "ready" : "connecting", why: "" }, []];
    case "registered":
      return registered(state);
    case "lost":
      return [{ ...state, line: state.line === "off" ? "off" : "away" }, []];
    case "end":
      return [{ ...OFF, why: event.why, last: state.call ? over(state.call, "gone") : state.last }, ["hush"]];
    case "invite":
      return invited(state, event);
    case "expect":
      return [{ ...state, expected: { call: event.call, until: event.until } }, []];
    case "answer":
      return state.call?.phase === "ringing" ? answering(state, state.call, false) : [state, []];
    case "not-answered":
      return state.call?.phase === "answering"
        ? [{ ...state, why: event.why, call: { ...state.call, phase: "ringing" } }, ["ring"]]
        : [state, []];
    case "confirmed":
      return state.call ? [{ ...state, call: { ...state.call, phase: "talking", talksSince: event.at } }, []] : [state, []];
    case "ended":
      return state.call?.id === event.id
        ? [{ ...state, call: null, last: over(state.call, event.cause) }, ["hush"]]
        : [state, []];
    case "mute":
      return muted(state, event.on);
    case "sound":
      return sound(state, event.well);
  }
}

function registered(state: PhoneState): Step {
  if (state.line === "off") return [state, []];
  const mend: readonly Effect[] = state.call?.phase === "broken" ? ["mend-sound"] : [];
  return [{ ...state, line: "ready", why: "" }, mend];
}

function invited(state: PhoneState, event: Extract<PhoneEvent, { is: "invite" }>): Step {
  if (state.call) return [state, ["refuse"]];
  const again = state.expected !== null && event.at <= state.expected.until;
  const call: PhoneCall = {
    id: event.id,
    call: event.call || state.expected?.call || "",
    phase: "ringing",
    muted: false,
    rangAt: event.at,
    talksSince: null,
    byItself: false,
  };
  const next: PhoneState = { ...state, call, expected: null, last: null };
  return event.auto || again ? answering(next, call, true, ["show"]) : [next, ["show", "ring"]];
}

function answering(state: PhoneState, call: PhoneCall, byItself: boolean, first: readonly Effect[] = []): Step {
  return [{ ...state, why: "", call: { ...call, phase: "answering", byItself } }, [...first, "hush", "answer"]];
}

function muted(state: PhoneState, on: boolean): Step {
  if (!state.call || state.call.muted === on || state.call.phase === "ringing") return [state, []];
  return [{ ...state, call: { ...state.call, muted: on } }, [on ? "mute" : "unmute"]];
}

/** The way of the sound broke, or is whole again; it is mended at once if the line stands, else when that is back. */
function sound(state: PhoneState, well: boolean): Step {
  const { call } = state;
  if (!call || call.talksSince === null) return [state, []];
  if (well) return [{ ...state, call: { ...call, phase: "talking" } }, []];
  if (call.phase === "broken") return [state, []];
  return [{ ...state, call: { ...call, phase: "broken" } }, state.line === "ready" ? ["mend-sound"] : []];
}

function over(call: PhoneCall, cause: string): PhoneState["last"] {
  return { call: call.call, cause, answered: call.talksSince !== null };
}
