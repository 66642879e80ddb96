import { expect, test } from "vitest";
import { OFF, step, type Effect, type PhoneEvent, type PhoneState } from "./model";

const INVITE: PhoneEvent = { is: "invite", id: "s1", call: "node1-1.0", auto: false, at: 1_000 };

function after(...events: PhoneEvent[]): [PhoneState, Effect[]] {
  let state = OFF;
  let done: readonly Effect[] = [];
  for (const event of events) [state, done] = step(state, event);
  return [state, [...done]];
}
const READY: PhoneEvent[] = [{ is: "begin" }, { is: "registered" }];
const TALKS: PhoneEvent[] = [...READY, INVITE, { is: "answer" }, { is: "confirmed", at: 2_000 }];

test("a call rings until it is answered by hand", () => {
  expect(after(...READY, INVITE)[1]).toEqual(["show", "ring"]);
  const [answering, effects] = after(...READY, INVITE, { is: "answer" });
  expect(effects).toEqual(["hush", "answer"]);
  expect(answering.call?.byItself).toBe(false);
  expect(after(...TALKS)[0].call).toMatchObject({ phase: "talking", talksSince: 2_000, call: "node1-1.0" });
});

test("what is to answer itself does, and says so", () => {
  const [state, effects] = after(...READY, { ...INVITE, auto: true });
  expect(effects).toEqual(["show", "hush", "answer"]);
  expect(state.call).toMatchObject({ phase: "answering", byItself: true });
});

test("a second call while there is one is refused, and the first stays", () => {
  const [state, effects] = after(...TALKS, { ...INVITE, id: "s2" });
  expect(effects).toEqual(["refuse"]);
  expect(state.call?.id).toBe("s1");
});

test("the call this browser was in is taken again by itself, but not for ever", () => {
  const expected: PhoneEvent = { is: "expect", call: "node1-7.0", until: 5_000 };
  const [soon] = after(...READY, expected, { ...INVITE, call: "", at: 4_000 });
  expect(soon.call).toMatchObject({ phase: "answering", byItself: true, call: "node1-7.0" });
  expect(after(...READY, expected, { ...INVITE, at: 6_000 })[1]).toEqual(["show", "ring"]);
});

test("without a microphone it goes on ringing, and says why", () => {
  const [state, effects] = after(...READY, INVITE, { is: "answer" }, { is: "not-answered", why: "no-microphone" });
  expect(state).toMatchObject({ why: "no-microphone", call: { phase: "ringing" } });
  expect(effects).toEqual(["ring"]);
});

test("sound that breaks is mended at once while the line stands, else when it is back", () => {
  expect(after(...TALKS, { is: "sound", well: false })[1]).toEqual(["mend-sound"]);
  const broken: PhoneEvent[] = [...TALKS, { is: "lost" }, { is: "sound", well: false }];
  expect(after(...broken)[1]).toEqual([]);
  expect(after(...broken)[0]).toMatchObject({ line: "away", call: { phase: "broken", talksSince: 2_000 } });
  expect(after(...broken, { is: "registered" })[1]).toEqual(["mend-sound"]);
  expect(after(...broken, { is: "registered" }, { is: "sound", well: true })[0].call?.phase).toBe("talking");
});

test("a line that is lost keeps its call; one that is ended does not, and tells which it was", () => {
  expect(after(...TALKS, { is: "lost" })[0].call?.id).toBe("s1");
  const [state, effects] = after(...TALKS, { is: "end", why: "taken-over" });
  expect(state).toMatchObject({ line: "off", why: "taken-over", call: null, last: { call: "node1-1.0", answered: true } });
  expect(effects).toEqual(["hush"]);
  expect(step(state, { is: "registered" })[0].line).toBe("off");
});

test("only the call that ended is over", () => {
  expect(after(...TALKS, { is: "ended", id: "other", cause: "Terminated" })[0].call?.id).toBe("s1");
  expect(after(...TALKS, { is: "ended", id: "s1", cause: "Terminated" })[0]).toMatchObject({
    call: null,
    last: { cause: "Terminated", answered: true },
  });
});

test("muting is done once, and not to what rings", () => {
  expect(after(...READY, INVITE, { is: "mute", on: true })[1]).toEqual([]);
  expect(after(...TALKS, { is: "mute", on: true })[1]).toEqual(["mute"]);
  expect(after(...TALKS, { is: "mute", on: true }, { is: "mute", on: true })[1]).toEqual([]);
});
