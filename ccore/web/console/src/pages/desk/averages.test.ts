import { expect, test } from "vitest";
import { averages } from "./averages";

test("a call takes talk and what is written after it", () => {
  expect(averages({ answered: 2, talk_s: 100, wrap_up_s: 20, paused_s: 40, signed_in_s: 280 })).toEqual({ handled: 60, busy: 500 });
});

test("of nothing nothing is said", () => {
  expect(averages({ answered: 0, talk_s: 0, wrap_up_s: 0, paused_s: 50, signed_in_s: 50 })).toEqual({ handled: null, busy: null });
});
