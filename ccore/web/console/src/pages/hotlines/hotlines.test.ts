import { describe, expect, it } from "vitest";
import { silent, step } from "./doing";
import { pressed } from "./keys";
import { heightOf, picture, rowAt, visited, TITLE, WIDTH, type Exit, type Node } from "./layout";

const exit = (by: string, to: string, more: Partial<Exit> = {}): Exit => ({ by, to, word: false, fails: false, ...more });
const node = (name: string, column: number, exits: Exit[] = [], gist = "x"): Node => ({ name, column, exits, gist });
const MAIN = node("main", 0, [exit("1", "a"), exit("2", "b"), exit("0", "people", { word: true }), exit("*", "back", { word: true })]);
const ALL = [MAIN, node("b", 1), node("a", 1, [exit("then", "main")]), node("staff", 1)];

describe("a picture of a hotline", () => {
  it("stands in columns, the boxes of one as high as what leads to them, none over another", () => {
    const { boxes, width, height } = picture(ALL, "staff");
    const second = boxes.filter((box) => box.node.column === 1).sort((one, other) => one.y - other.y);
    expect(second.map((box) => box.node.name)).toEqual(["a", "b", "staff"]);
    second.slice(1).forEach((box, at) => expect(box.y).toBeGreaterThanOrEqual((second[at]?.y ?? 0) + (second[at]?.height ?? 0)));
    expect(width).toBeGreaterThan(2 * WIDTH);
    expect(height).toBeGreaterThan(Math.max(...boxes.map((box) => box.y + box.height)));
  });

  it("has a line for each way to the next column, and for no other", () => {
    const { lines, boxes } = picture(ALL, "staff");
    expect(lines.map(({ source, target, by }) => [source, target, by])).toEqual([
      ["main", "a", "1"],
      ["main", "b", "2"],
      ["main", "staff", "0"],
    ]);
    const main = boxes.find((box) => box.node.name === "main");
    expect(lines[1]?.d.startsWith(`M${(main?.x ?? 0) + WIDTH} ${(main?.y ?? 0) + rowAt(MAIN, 1)} C`)).toBe(true);
  });

  it("leaves no room for what is not said", () => {
    expect(heightOf(node("x", 0, [], ""))).toBeLessThan(heightOf(node("x", 0)));
    expect(rowAt(node("x", 0, [], ""), 0)).toBeGreaterThan(TITLE);
    expect(picture([], "staff")).toEqual({ boxes: [], lines: [], width: 32, height: 32 });
  });

  it("knows the nodes of a way", () => {
    expect(visited(["main", "(2)", "b", "(silence)", "b", "hang-up"], new Set(["main", "b"]))).toEqual(["main", "b", "b"]);
  });
});

describe("what is done", () => {
  it("is read from what the server says", () => {
    expect(step("waits for up to 5 keys")).toEqual({ key: "keys", what: "5", seconds: "", of: "" });
    expect(step("queue service for 120 s")).toEqual({ key: "queue", what: "service", seconds: "120", of: "" });
    expect(step("something new")).toBeNull();
    expect(silent("queue of the hotline, 120 s")).toEqual({ key: "queue", what: "of the hotline", seconds: "120", of: "" });
    expect(silent("by hours of engineers")).toEqual({ key: "byOf", what: "hours", seconds: "", of: "engineers" });
    expect(silent("您好，请按1。")).toBeNull();
  });
});

describe("keys", () => {
  it("are sent one by one in a menu, and together where several are asked for", () => {
    expect(pressed("", "1", { most: 1, terminator: "" })).toEqual({ keys: "1", send: true });
    expect(pressed("1", "2", { most: 5, terminator: "#" })).toEqual({ keys: "12", send: false });
    expect(pressed("12", "#", { most: 5, terminator: "#" })).toEqual({ keys: "12#", send: true });
    expect(pressed("1234", "5", { most: 5, terminator: "" })).toEqual({ keys: "12345", send: true });
  });
});
