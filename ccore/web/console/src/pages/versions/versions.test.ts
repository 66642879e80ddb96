import { describe, expect, it } from "vitest";
import { base, byLine, counted, folders } from "./files";
import { progress, wrong } from "./progress";

const file = (path: string) => ({ path, state: "same" as const });
const fault = (path: string, line: number) => ({ path, line, code: "MENU", message: "x" });

describe("files", () => {
  it("stand in folders, the directory itself first", () => {
    const found = folders([file("menus/b.toml"), file("hotlines.toml"), file("menus/a.toml")], "");
    expect(found.map(({ name, files }) => [name, files.map(({ path }) => base(path))])).toEqual([
      ["", ["hotlines.toml"]],
      ["menus", ["b.toml", "a.toml"]],
    ]);
  });

  it("are found by a part of their path", () => {
    expect(folders([file("menus/b.toml"), file("hotlines.toml")], " MENU ").map(({ name }) => name)).toEqual(["menus"]);
    expect(folders([file("menus/b.toml")], "zzz")).toEqual([]);
  });

  it("have their faults at their lines, those of the whole file at the first", () => {
    const faults = [fault("a", 0), fault("a", 3), fault("a", 3), fault("b", 1)];
    expect([...byLine(faults, "a").entries()].map(([line, at]) => [line, at.length])).toEqual([[1, 1], [3, 2]]);
    expect([...counted(faults)]).toEqual([["a", 3], ["b", 1]]);
  });
});

describe("progress", () => {
  const said = ["checked: 60 files, no fault", "tried on an Asterisk apart: 5 numbers answered", "version 4 kept: 1 file different"];
  const told = said.map((text, at) => ({ at_s: at, text }));

  it("is at the first step that was not said yet", () => {
    const found = progress("publish", "running", told);
    expect(found.map(({ state }) => state)).toEqual(["done", "done", "done", "now", "waiting", "waiting", "waiting"]);
    expect(found[1]?.at_s).toBe(1);
  });

  it("shows where it failed, and why", () => {
    const bad = [...told.slice(0, 1), { at_s: 2, text: "FAULT: 10086 answered 404 (on an Asterisk apart)" }];
    expect(progress("publish", "failed", bad).map(({ state }) => state).slice(0, 3)).toEqual(["done", "failed", "waiting"]);
    expect(wrong(bad)).toEqual(["FAULT: 10086 answered 404 (on an Asterisk apart)"]);
    expect(wrong([{ at_s: 0, text: "menus/main.toml:12 MENU keys.1: no node acount" }])).toHaveLength(1);
  });

  it("is over where all is well, whatever was said", () => {
    expect(progress("rollback", "done", []).every(({ state }) => state === "done")).toBe(true);
    expect(progress("rollback", "running", [{ at_s: 1, text: "switched from version 4 to 3, on trial" }])[1]?.state).toBe("now");
  });
});
