import { expect, test } from "vitest";
import { marksOf } from "./marks";

const words = {
  pause: (why: string) => `pause ${why}`,
  hold: "hold",
  talks: (agent: string) => `talks ${agent}`,
  did: (what: string, agent: string) => `${agent} ${what}`,
  came: (disposition: string, agent: string) => `${agent}: ${disposition}`,
};
const at = (second: number): string => new Date(Date.UTC(2026, 10, 23, 8, 0, second)).toISOString();

test("pauses, who talks, holds with their ends, and what came of it", () => {
  const found = marksOf(
    {
      expected_at: at(0),
      started_at: at(1),
      talked: [{ number: 1, agent: "1001", from_ms: 500, until_ms: null, from_at: at(1), until_at: null }],
      paused: [{ why: "payment", from_at: at(5), until_at: null, by: "li" }],
      marks: [
        { at: at(3), agent: "1001", by: "li", what: "held", disposition: "" },
        { at: at(4), agent: "1001", by: "li", what: "resumed", disposition: "" },
        { at: at(6), agent: "1001", by: "li", what: "transferred", disposition: "" },
        { at: at(9), agent: "1001", by: "li", what: "disposed", disposition: "solved" },
      ],
    },
    words,
  );
  expect(found.map(({ label, from, until }) => [label, from, until])).toEqual([
    ["pause payment", 4, null],
    ["talks 1001", 0.5, undefined],
    ["hold", 2, 3],
    ["1001 transferred", 5, undefined],
    ["1001: solved", 8, undefined],
  ]);
});
