/** Tones the browser makes itself: ringing, and one to try a loudspeaker with. */

const RING_HZ = 450; // as telephones in China ring
const RING_ON_S = 1;
const RING_EVERY_MS = 4_000;
const TEST_HZ = 660;
const TEST_S = 0.8;
const FADE_S = 0.02; // without a click
const LOUDNESS = 0.25;

let context: AudioContext | null = null;
let ringing = 0;

function sound(hz: number, seconds: number, speaker: string): void {
  context ??= new AudioContext();
  void context.resume();
  const out = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speaker) void out.setSinkId?.(speaker).catch(() => undefined); // it is unplugged: any other will do
  const tone = context.createOscillator();
  const gain = context.createGain();
  const now = context.currentTime;
  tone.frequency.value = hz;
  gain.gain.setValueAtTime(0, now);
  gain.gain.linearRampToValueAtTime(LOUDNESS, now + FADE_S);
  gain.gain.setValueAtTime(LOUDNESS, now + seconds - FADE_S);
  gain.gain.linearRampToValueAtTime(0, now + seconds);
  tone.connect(gain).connect(context.destination);
  tone.start(now);
  tone.stop(now + seconds);
}

/** Ring until `hush`. */
export function ring(speaker: string): void {
  hush();
  sound(RING_HZ, RING_ON_S, speaker);
  ringing = window.setInterval(() => sound(RING_HZ, RING_ON_S, speaker), RING_EVERY_MS);
}

export function hush(): void {
  window.clearInterval(ringing);
}

/** One tone, to hear whether the loudspeaker is the right one. */
export function tryOut(speaker: string): void {
  sound(TEST_HZ, TEST_S, speaker);
}
