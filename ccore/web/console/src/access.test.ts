import { expect, test } from "vitest";
import { allows, beginning } from "./access";

test("what names nobody is for nobody", () => {
  expect(allows(undefined, ["admin"])).toBe(false);
  expect(allows([], ["admin"])).toBe(false);
});

test("admins may what others may, and others only their own", () => {
  expect(allows(["agent"], ["admin"])).toBe(true);
  expect(allows(["agent", "supervisor"], ["employee", "supervisor"])).toBe(true);
  expect(allows(["agent"], ["supervisor"])).toBe(false);
});

test("who has not signed in sees what is for anyone", () => {
  expect(allows("everybody", null)).toBe(false);
  expect(allows("everybody", ["agent"])).toBe(true);
  expect(allows("anyone", null)).toBe(true);
});

test("a page begins where nothing of it is named", () => {
  expect(["/orders/:id(\\d+)?", "/orders", "/a/b/:c"].map(beginning)).toEqual(["/orders", "/orders", "/a/b"]);
});
