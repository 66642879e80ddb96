import { expect, test } from "vitest";
import { evenly, partsOf, pointsOf, sharesOf, total, wrong, type Part } from "./draft";

function part(percent: string, employee = "E001"): Part {
  return { employee, name: "王芳", kind: "staff", percent };
}

test("a share is more than nothing, has two decimals at most, and may be written with its sign", () => {
  expect(["60", "33.34", " 40 % ", "12.5％", "100", "0.01"].map(pointsOf)).toEqual([6000, 3334, 4000, 1250, 10_000, 1]);
  expect(["", "0", "100.01", "-1", "a", "33.345", "1e2"].map(pointsOf)).toEqual([null, null, null, null, null, null, null]);
});

test("the same for each makes a whole, however many they are", () => {
  for (let count = 1; count <= 100; count += 1) {
    const parts = evenly(Array.from({ length: count }, (_, place) => part("", `E${place}`)));
    expect(total(parts)).toBe(10_000);
    expect(wrong(parts)).toBeNull();
  }
  expect(evenly([part("1"), part("2"), part("3")]).map(({ percent }) => percent)).toEqual(["33.34", "33.33", "33.33"]);
});

test("what is wrong is said, and what is right is sent", () => {
  expect(wrong([])).toBe("none");
  expect(wrong([part("60"), part("", "E002")])).toBe("percent");
  expect(wrong([part("60"), part("39.99", "E002")])).toBe("sum");
  expect(wrong(Array.from({ length: 101 }, (_, place) => part("1", `E${place}`)))).toBe("many");
  const good = [part("60"), part("40", "E002")];
  expect(wrong(good)).toBeNull();
  expect(sharesOf(good)).toEqual([
    { employee: "E001", basis_points: 6000 },
    { employee: "E002", basis_points: 4000 },
  ]);
});

test("who has left is not among the shares to begin with", () => {
  const member = { employee: "E001", name: "王芳", kind: "friend", basis_points: 3334, left: false } as const;
  expect(partsOf([member, { ...member, employee: "E002", left: true }])).toEqual([{ employee: "E001", name: "王芳", kind: "friend", percent: "33.34" }]);
});
