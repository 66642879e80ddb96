/** How good a call sounds, of what the browser counts: pure. */

/** Running counts of one call, as `getStats` has them. */
export interface Counts {
  /** ms. */
  at: number;
  received: number;
  lost: number;
  jitterMs: number;
  roundTripMs: number;
  /** Of what the other side got, 0 to 1. */
  lostThere: number;
}

export interface Quality {
  level: "good" | "fair" | "bad";
  /** Of the last seconds, of 1. */
  lost: number;
  jitterMs: number;
  roundTripMs: number;
  /** Mean opinion score, 1 to 4.4, after ITU-T G.107 with one-way delay and loss alone. */
  mos: number;
}

const GOOD = 3.9; // most are satisfied
const FAIR = 3.3; // many are not
const FRAMES_MS = 60; // of packets and of the jitter buffer

/** Of two counts, the later second. */
export function quality(before: Counts, now: Counts): Quality {
  const received = Math.max(0, now.received - before.received);
  const gone = Math.max(0, now.lost - before.lost);
  const here = received + gone > 0 ? gone / (received + gone) : 1; // silence is loss: an open call always sends
  const lost = Math.max(here, now.lostThere);
  const delay = now.roundTripMs / 2 + 2 * now.jitterMs + FRAMES_MS;
  const mos = opinion(93.2 - delayed(delay) - missed(lost));
  const level = mos >= GOOD ? "good" : mos >= FAIR ? "fair" : "bad";
  return { level, lost, jitterMs: now.jitterMs, roundTripMs: now.roundTripMs, mos: Math.round(mos * 10) / 10 };
}

function delayed(ms: number): number {
  return 0.024 * ms + (ms > 177.3 ? 0.11 * (ms - 177.3) : 0);
}

function missed(lost: number): number {
  const percent = lost * 100;
  return (95 * percent) / (percent + 25.1); // G.711 with concealment, ITU-T G.113
}

function opinion(r: number): number {
  if (r <= 0) return 1;
  const bounded = Math.min(100, r);
  return 1 + 0.035 * bounded + 7e-6 * bounded * (bounded - 60) * (100 - bounded);
}

/** The counts in a report of `RTCPeerConnection.getStats()`. */
export function counted(report: Iterable<Record<string, unknown>>, at: number): Counts {
  const counts: Counts = { at, received: 0, lost: 0, jitterMs: 0, roundTripMs: 0, lostThere: 0 };
  const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
  for (const each of report) {
    if (each["type"] === "inbound-rtp" && each["kind"] === "audio") {
      counts.received += number(each["packetsReceived"]);
      counts.lost += number(each["packetsLost"]);
      counts.jitterMs = Math.max(counts.jitterMs, number(each["jitter"]) * 1_000);
    } else if (each["type"] === "remote-inbound-rtp") {
      counts.lostThere = number(each["fractionLost"]);
      counts.roundTripMs = Math.max(counts.roundTripMs, number(each["roundTripTime"]) * 1_000);
    } else if (each["type"] === "candidate-pair" && each["nominated"] === true) {
      counts.roundTripMs = Math.max(counts.roundTripMs, number(each["currentRoundTripTime"]) * 1_000);
    }
  }
  return counts;
}
