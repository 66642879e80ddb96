import { expect, test } from "vitest";
import { address, asked, inside, names, ordersOf, quoted, type Asking } from "./asking";
import { change } from "./figures";
import { addressOf, askedOf, intervalOf, pausesOf } from "./queueAsking";
import { before, daysOf, lengthOf, months, stepOf, stepsOf } from "./spans";

const TODAY = "2026-03-31"; // a Tuesday
const USUAL = { by: ["department" as const], span: "month" as const };
const USUALLY: Asking = asked({}, USUAL);

test.each([
  ["today", "2026-03-31", "2026-04-01", "2026-03-30", "2026-03-31"],
  ["yesterday", "2026-03-30", "2026-03-31", "2026-03-29", "2026-03-30"],
  ["week", "2026-03-30", "2026-04-01", "2026-03-23", "2026-03-25"],
  ["last-week", "2026-03-23", "2026-03-30", "2026-03-16", "2026-03-23"],
  ["month", "2026-03-01", "2026-04-01", "2026-02-01", "2026-03-01"],
  ["last-month", "2026-02-01", "2026-03-01", "2026-01-01", "2026-02-01"],
  ["year", "2026-01-01", "2026-04-01", "2025-01-01", "2025-04-01"],
] as const)("%s is compared with as much before", (span, since, until, was, to) => {
  const days = daysOf(span, TODAY, null)!;
  expect(days).toEqual({ since, until });
  expect(before(span, days)).toEqual({ since: was, until: to });
});

test("days of one's own are compared with as many before, whole months with whole ones", () => {
  expect(before("own", daysOf("own", TODAY, { since: "2026-03-10", last: "2026-03-19" })!)).toEqual({ since: "2026-02-28", until: "2026-03-10" });
  expect(before("own", { since: "2026-02-01", until: "2026-04-01" })).toEqual({ since: "2025-12-01", until: "2026-02-01" });
  expect(daysOf("own", TODAY, { since: "2026-03-10", last: "2026-03-09" })).toBeNull();
  expect(months("2026-03-31", -1)).toBe("2026-02-28");
});

test("a time is told along by days, weeks or months, each of them once", () => {
  const year = daysOf("year", "2026-12-31", null)!;
  expect([stepOf(year), stepOf(daysOf("month", TODAY, null)!), stepOf({ since: "2024-01-01", until: "2026-01-01" })]).toEqual(["week", "day", "month"]);
  expect(stepsOf(year, "week").slice(0, 2)).toEqual(["2025-12-29", "2026-01-05"]);
  expect(stepsOf(year, "month")).toHaveLength(12);
  expect(stepsOf(year, "day")).toHaveLength(lengthOf(year));
});

test("an address says what is asked, and what makes no sense in it is as usual", () => {
  const asking: Asking = { span: "own", own: { since: "2026-01-01", last: "2026-01-31" }, by: ["product", "day"], measure: "sales_fen", filters: { departments: "Sales\\, East" }, alone: true };
  expect(asked(address(asking, USUAL), USUAL)).toEqual(asking);
  expect(address(USUALLY, USUAL)).toEqual({});
  const odd = asked({ span: "<img>", since: "x", by: "day,week,day,person,<b>", measure: "price", products: "" }, USUAL);
  expect(odd).toEqual({ ...USUALLY, by: ["day", "person"] });
});

test("names with commas come through", () => {
  expect(names(`${quoted("East, \"West\"")},b`)).toEqual(['East, "West"', "b"]);
});

test("a line leads to what it is made of, and at last to the orders", () => {
  const people = inside(USUALLY, ["Sales/East, one"], TODAY) as Asking;
  expect(people).toMatchObject({ by: ["person"], filters: { departments: "Sales/East\\, one" }, alone: true });
  expect(inside(people, ["E001 Li Lei"], TODAY)).toBe("orders");
  expect(ordersOf({ ...people, filters: { ...people.filters, products: "10" } }, ["E001 Li Lei"], TODAY)).toEqual({ employee: "E001", product: "10", since: "2026-03-01", last: "2026-03-31" });
  const daily: Asking = { ...USUALLY, by: ["day", "claim"] };
  expect(inside(daily, ["2026-03-05", "10001"], TODAY)).toBe("orders");
  expect(ordersOf(daily, ["2026-03-05", "10001"], TODAY)).toEqual({ code: "10001", since: "2026-03-05", last: "2026-03-05" });
  const product = inside({ ...USUALLY, by: ["product"] }, ["10 5GB"], TODAY) as Asking;
  expect(product).toMatchObject({ by: ["department"], filters: { products: "10" } });
  const month = inside({ ...USUALLY, span: "year", by: ["month"] }, ["2026-03"], TODAY) as Asking;
  expect(month).toMatchObject({ by: ["day"], span: "own", own: { since: "2026-03-01", last: "2026-03-31" } });
  expect(inside(month, ["2026-03-05"], TODAY)).toMatchObject({ by: ["product"], own: { since: "2026-03-05", last: "2026-03-05" } });
  const part = inside({ ...USUALLY, by: ["department", "product"] }, ["Sales"], TODAY) as Asking;
  expect(part.by).toEqual(["product"]);
  expect(inside(USUALLY, [], TODAY)).toBeNull();
  expect(inside({ ...USUALLY, by: ["team"] }, ["-"], TODAY)).toBeNull();
});

test("growth is of what was before", () => {
  expect([change(120, 100), change(50, 100), change(5, 0), change(-50, -100)]).toEqual([200, -500, null, 500]);
});

test("reports of queues: one queue is told by time, all by name", () => {
  expect(askedOf({ name: "sales" }).table).toBe("times");
  expect(addressOf(askedOf({ name: "sales", span: "week", interval: "15m" }))).toEqual({ name: "sales", span: "week", interval: "15m" });
  expect(askedOf({ interval: "second", table: "x", since: "2026-01-01" })).toMatchObject({ span: "today", interval: null, table: "names" });
  expect(intervalOf("15m", { since: "2026-01-01", until: "2026-03-01" })).toBe("day");
  expect(pausesOf("lunch=1800.0 -=20.5")).toEqual([{ reason: "lunch", seconds: 1800 }, { reason: "", seconds: 20.5 }]);
});
