import { expect, test } from "vitest";

type Tree = { [key: string]: string | Tree };

const found = import.meta.glob<{ default: Tree }>("./{pages,phone,words}/**/{zh-CN,en}.ts", { eager: true });
const places = [...new Set(Object.keys(found).map((path) => path.replace(/[^/]+$/, "")))];

/** Each key with the names that are filled in there. */
function keys(tree: Tree, before = ""): string[] {
  return Object.entries(tree).flatMap(([key, word]) =>
    typeof word === "string"
      ? [`${before}${key} ${[...new Set(word.match(/\{\w+\}/g) ?? [])].sort().join()}`]
      : keys(word, `${before}${key}.`),
  );
}

function wordsOf(path: string): Tree {
  const words = found[path]?.default ?? {};
  return (words["words"] as Tree | undefined) ?? words;
}

test.each(places)("%s says the same in both languages", (place) => {
  const chinese = keys(wordsOf(`${place}zh-CN.ts`)).sort();
  expect(chinese.length).toBeGreaterThan(0);
  expect(keys(wordsOf(`${place}en.ts`)).sort()).toEqual(chinese);
});
