/** What the live socket says, and what becomes of a topic by it: pure. */

export interface Gap {
  since: string;
}

/** What comes: a snapshot, a change, a refusal, a gap, a greeting or an answer to a ping. */
export interface Frame {
  topic?: string;
  epoch?: string;
  seq?: number;
  snapshot?: Record<string, unknown>;
  set?: Record<string, unknown>;
  unset?: string[];
  denied?: string;
  gap?: Gap | null;
  at?: string;
  hello?: { version?: string; instance?: string };
  pong?: unknown;
}

/** What is known of a topic; `seq` is null before the first snapshot. */
export interface Known {
  epoch: string;
  seq: number | null;
  at: string | null;
  gap: Gap | null;
  denied: string | null;
}

export const NOTHING: Known = { epoch: "", seq: null, at: null, gap: null, denied: null };

/** How the entries change: all are replaced, some are, or none. `again`: something was missed, so subscribe anew. */
export interface Change {
  known: Known;
  replaced?: Record<string, unknown>;
  set?: Record<string, unknown>;
  unset?: readonly string[];
  again?: boolean;
}

/** What a frame of this topic changes. */
export function take(known: Known, frame: Frame): Change {
  if (frame.denied !== undefined) return { known: { ...NOTHING, denied: frame.denied }, replaced: {} };
  if (frame.gap !== undefined && frame.seq === undefined) return { known: { ...known, gap: frame.gap } };
  if (frame.seq === undefined || frame.epoch === undefined) return { known };
  const now: Known = { ...known, epoch: frame.epoch, seq: frame.seq, at: frame.at ?? known.at, denied: null };
  if (frame.gap !== undefined) now.gap = frame.gap;
  if (frame.snapshot !== undefined) return { known: now, replaced: frame.snapshot };
  if (known.seq === null) return { known, again: true };
  if (frame.epoch === known.epoch && frame.seq <= known.seq) return { known }; // known before the socket was new
  if (frame.epoch !== known.epoch || frame.seq !== known.seq + 1) return { known, again: true };
  return { known: now, set: frame.set ?? {}, unset: frame.unset ?? [] };
}

/** What asks for a topic: all of it, or what has come since. */
export function subscription(topic: string, known: Known): Record<string, unknown> {
  const since = known.seq === null ? {} : { seq: known.seq, epoch: known.epoch };
  return { do: "subscribe", topic, ...since };
}
