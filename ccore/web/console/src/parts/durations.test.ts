import { expect, test } from "vitest";
import { clockwise, percent, spaced, yuan } from "./durations";

test("durations", () => {
  expect([0, 7.9, 725, 3_723, -4].map(clockwise)).toEqual(["0:00", "0:07", "12:05", "1:02:03", "0:00"]);
});

test("money is whole fen", () => {
  expect([0, 5, 123_405, -100, 100_000_000].map(yuan)).toEqual(["¥0.00", "¥0.05", "¥1,234.05", "−¥1.00", "¥1,000,000.00"]);
});

test("shares", () => {
  expect([0, 985, 1_000].map(percent)).toEqual(["0.0%", "98.5%", "100.0%"]);
});

test("telephone numbers in groups, masked or not", () => {
  expect(spaced("13812345678")).toBe("138 1234 5678");
  expect(spaced("138****5678")).toBe("138 **** 5678");
  expect(spaced("+8613812345678")).toBe("+86 138 1234 5678");
  expect(spaced("02088886666")).toBe("02088886666");
});
