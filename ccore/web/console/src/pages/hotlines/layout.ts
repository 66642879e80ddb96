/** Where the boxes of a hotline stand, and the lines between them: columns from left to right, nothing of the screen. */

export interface Exit {
  by: string;
  to: string;
  word: boolean;
  fails: boolean;
}

export interface Node {
  name: string;
  column: number;
  gist: string;
  exits: readonly Exit[];
}

export interface Placed<N extends Node> {
  node: N;
  x: number;
  y: number;
  height: number;
}

export interface Line {
  source: string;
  target: string;
  by: string;
  fails: boolean;
  /** As SVG draws it. */
  d: string;
}

export interface Picture<N extends Node> {
  boxes: Placed<N>[];
  lines: Line[];
  width: number;
  height: number;
}

// Pixels; the boxes' styles have the same.
export const WIDTH = 236;
export const TITLE = 30;
export const GIST = 42; // two lines of what is said
export const ROW = 24;
const GAP = 72; // between columns
const SPACE = 20; // between boxes
const MARGIN = 16;
const FOOT = 6;

export function heightOf(node: Node): number {
  return TITLE + (node.gist ? GIST : 0) + node.exits.length * ROW + FOOT;
}

/** The middle of a way out, from the upper edge of its box. */
export function rowAt(node: Node, index: number): number {
  return TITLE + (node.gist ? GIST : 0) + (index + 0.5) * ROW;
}

/** `people` is the node that the word for it means. A line is drawn to the next column only: other ways are told. */
export function picture<N extends Node>(nodes: readonly N[], people: string): Picture<N> {
  const column = new Map(nodes.map((node) => [node.name, node.column]));
  const placed = new Map<string, Placed<N>>();
  const last = Math.max(-1, ...nodes.map((node) => node.column));
  const targets = (node: N): (string | null)[] =>
    node.exits.map((exit) => {
      const to = exit.word ? (exit.to === "people" ? people : "") : exit.to;
      return column.get(to) === node.column + 1 ? to : null;
    });
  for (let at = 0; at <= last; at += 1) {
    const own = nodes.filter((node) => node.column === at).map((node) => ({ node, wish: wished(node) }));
    own.sort((one, other) => one.wish - other.wish);
    let lowest = MARGIN;
    for (const { node, wish } of own) {
      const y = Math.max(lowest, wish);
      placed.set(node.name, { node, x: MARGIN + at * (WIDTH + GAP), y, height: heightOf(node) });
      lowest = y + heightOf(node) + SPACE;
    }
  }

  /** As high as what leads to it, in the middle of several. */
  function wished(node: N): number {
    const from: number[] = [];
    for (const { node: source, y } of placed.values()) {
      targets(source).forEach((to, index) => {
        if (to === node.name) from.push(y + rowAt(source, index) - TITLE / 2);
      });
    }
    return from.length ? from.reduce((sum, each) => sum + each, 0) / from.length : MARGIN;
  }

  const boxes = [...placed.values()];
  const lines = boxes.flatMap(({ node, x, y }) =>
    targets(node).flatMap((to, index) => {
      const target = to === null ? undefined : placed.get(to);
      const exit = node.exits[index];
      if (!target || !exit) return [];
      const d = curve(x + WIDTH, y + rowAt(node, index), target.x, target.y + TITLE / 2);
      return [{ source: node.name, target: target.node.name, by: exit.by, fails: exit.fails, d }];
    }),
  );
  return {
    boxes,
    lines,
    width: MARGIN * 2 + Math.max(0, last + 1) * (WIDTH + GAP) - (last < 0 ? 0 : GAP),
    height: Math.max(MARGIN, ...boxes.map((box) => box.y + box.height)) + MARGIN,
  };
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const bend = (toX - fromX) / 2;
  return `M${fromX} ${fromY} C${fromX + bend} ${fromY} ${toX - bend} ${toY} ${toX} ${toY}`;
}

/** The nodes of a walk's steps, which have keys in brackets between them; the last one is where the caller is. */
export function visited(steps: readonly string[], known: ReadonlySet<string>): string[] {
  return steps.filter((step) => known.has(step));
}
