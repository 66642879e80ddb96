/** What happened in a recording, and where that is on its waveform: pure. */

export interface AudioMark {
  id: string;
  /** pause: silence; hold: music; turn: somebody else talks; result: what came of it. */
  kind: "pause" | "hold" | "turn" | "result";
  label: string;
  /** Seconds from its beginning; what lasts has an end, null: to the end of all. */
  from: number;
  until?: number | null;
}

export interface PlacedMark extends AudioMark {
  /** Per cent of the waveform. */
  left: number;
  width: number;
}

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2, 3] as const;

/** The next speed up or down. */
export function faster(speed: number, by: 1 | -1): number {
  const at = SPEEDS.findIndex((each) => each === speed) + by;
  return SPEEDS[Math.min(Math.max(at, 0), SPEEDS.length - 1)] ?? 1;
}

/** In order, those outside of it moved to its ends. */
export function placed(marks: readonly AudioMark[], length: number): PlacedMark[] {
  const within = (seconds: number): number => Math.min(Math.max(seconds, 0), length);
  return marks
    .map((mark) => {
      const from = within(mark.from);
      const until = mark.until === undefined ? from : within(mark.until ?? length);
      return { ...mark, from, left: (100 * from) / length, width: (100 * Math.max(0, until - from)) / length };
    })
    .sort((one, other) => one.from - other.from);
}
