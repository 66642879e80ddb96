import { expect, test } from "vitest";
import { counted, quality, type Counts } from "./quality";

const BEFORE: Counts = { at: 0, received: 100, lost: 0, jitterMs: 2, roundTripMs: 20, lostThere: 0 };
const later = (changes: Partial<Counts>): Counts => ({ ...BEFORE, at: 2_000, received: 200, ...changes });

test("a sound line is good", () => {
  expect(quality(BEFORE, later({}))).toMatchObject({ level: "good", lost: 0 });
});

test("loss in either direction is heard, as is nothing at all", () => {
  expect(quality(BEFORE, later({ received: 195, lost: 5 })).level).toBe("fair");
  expect(quality(BEFORE, later({ lostThere: 0.2 })).level).toBe("bad");
  expect(quality(BEFORE, later({ received: 100 }))).toMatchObject({ level: "bad", lost: 1 });
});

test("a long way makes it worse", () => {
  expect(quality(BEFORE, later({ roundTripMs: 900 })).mos).toBeLessThan(quality(BEFORE, later({})).mos);
});

test("the browser's report is read, whatever else stands in it", () => {
  const report = [
    { type: "inbound-rtp", kind: "audio", packetsReceived: 90, packetsLost: 10, jitter: 0.004 },
    { type: "inbound-rtp", kind: "video", packetsReceived: 7 },
    { type: "remote-inbound-rtp", fractionLost: 0.01, roundTripTime: 0.05 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03 },
    { type: "codec" },
  ];
  expect(counted(report, 5)).toEqual({ at: 5, received: 90, lost: 10, jitterMs: 4, roundTripMs: 50, lostThere: 0.01 });
});
