/** A WAV file of samples, as ccore takes announcements: one channel, 16 bit. */

export const RATE_HZ = 16_000;
const HEAD = 44;

/** Samples from -1 to 1. */
export function wav(samples: Float32Array, rate: number): ArrayBuffer {
  const file = new ArrayBuffer(HEAD + samples.length * 2);
  const view = new DataView(file);
  const write = (at: number, text: string): void => [...text].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, HEAD - 8 + samples.length * 2, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, at) => {
    const held = Math.max(-1, Math.min(1, sample));
    view.setInt16(HEAD + at * 2, Math.round(held < 0 ? held * 32_768 : held * 32_767), true);
  });
  return file;
}

export type Standing = "now" | "soon" | "over";

/** Whether callers hear it at `at` (ms). */
export function standing(of: { starts_at: string; ends_at: string; ended_at: string | null }, at: number): Standing {
  const ends = Math.min(Date.parse(of.ends_at), of.ended_at ? Date.parse(of.ended_at) : Infinity);
  if (at >= ends) return "over";
  return at < Date.parse(of.starts_at) ? "soon" : "now";
}
