/** Which rows of a long list are to be drawn: pure. */

export interface Window {
  first: number;
  /** One after the last. */
  end: number;
}

const BESIDE = 8; // rows above and below what is seen, so that a quick wheel finds them drawn

/** Of `count` rows of `rowPx`, those that are seen through `heightPx` from `topPx` on, and some beside. */
export function windowed(count: number, rowPx: number, topPx: number, heightPx: number): Window {
  const first = Math.max(0, Math.floor(topPx / rowPx) - BESIDE);
  const end = Math.min(count, Math.ceil((topPx + heightPx) / rowPx) + BESIDE);
  return { first: Math.min(first, Math.max(0, end)), end };
}
