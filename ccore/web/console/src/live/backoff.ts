/** How long to wait before a socket is tried again. */

const FIRST_MS = 250;
const LONGEST_MS = 15_000;

/** After `failed` tries in a row: twice as long each time, and at random, so that a thousand tabs do not come at once. */
export function wait(failed: number, random: () => number = Math.random): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failed, 10));
  return most / 2 + (random() * most) / 2;
}
