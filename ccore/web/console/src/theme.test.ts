import { expect, test } from "vitest";
import { PALETTES } from "./theme";

const READABLE = 4.5; // WCAG AA for text
const SEEN = 3; // and for the edges of what is used

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

test.each(Object.entries(PALETTES))("all text can be read in %s", (_scheme, of) => {
  for (const behind of [of.ground, of.card, of.raised]) {
    for (const text of [of.text, of.soft, of.accent, of.good, of.busy, of.warn, of.bad, of.idle]) {
      expect(contrast(text, behind), `${text} on ${behind}`).toBeGreaterThanOrEqual(READABLE);
    }
  }
  expect(contrast(of.edge, of.card)).toBeGreaterThanOrEqual(SEEN);
  for (const fill of [of.accent, of.accentHover, of.bad]) {
    expect(contrast(of.onAccent, fill)).toBeGreaterThanOrEqual(READABLE);
  }
});
