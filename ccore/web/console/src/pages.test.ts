import { expect, test } from "vitest";
import type { RouteRecordRaw } from "vue-router";

const routes = import.meta.glob<RouteRecordRaw | RouteRecordRaw[]>("./pages/*/route.ts", { eager: true, import: "default" });

test.each(Object.entries(routes))("%s says who may come, and what it is called", (_path, found) => {
  for (const { meta, name, component } of [found].flat()) {
    expect(meta?.roles).toBeDefined();
    expect(meta?.title).toBeTruthy();
    expect(name).toBeTruthy();
    expect(typeof component, "pages are loaded when they are opened").toBe("function");
  }
});

test("no two pages have the same keys", () => {
  const all = Object.values(routes).flat().flatMap(({ meta }) => meta?.shortcut ?? []);
  expect(new Set(all).size).toBe(all.length);
});
