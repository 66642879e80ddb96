import { expect, test } from "vitest";
import document from "../../../openapi.json";
import { DEEDS } from "./deeds";
import en from "./en";
import zh from "./zh-CN";
import { stateOf, type Somebody } from "./states";

const ANN: Somebody = {
  login: "ann", name: "Ann", role: "agent", agent: "", employee: "", language: "zh", active: true, has_password: true,
  directory: false, told_until: null, second_factor: false, locked: false, tokens: 0,
};

test("what is wrong with somebody comes before what is right", () => {
  expect(stateOf(ANN).word).toBe("active");
  expect(stateOf({ ...ANN, locked: true }).word).toBe("locked");
  expect(stateOf({ ...ANN, locked: true, active: false }).word).toBe("inactive");
  expect(stateOf({ ...ANN, told_until: "2026-11-23T00:00:00Z" }).word).toBe("told");
  expect(stateOf({ ...ANN, has_password: false }).word).toBe("noPassword");
  expect(stateOf({ ...ANN, has_password: false, directory: true }).word).toBe("active");
});

const PATHS = document.paths as unknown as Record<string, Record<string, { tags: string[] }>>;
const EVERY = Object.entries(PATHS).flatMap(([path, of]) =>
  Object.entries(of).map(([method, { tags }]) => ({ deed: `${method.toUpperCase()} ${path.replace("/api/v1", "")}`, subject: tags[0] ?? "" })),
);

test("all that can be asked is said in Chinese, and nothing that cannot", () => {
  const known = EVERY.map(({ deed }) => deed);
  expect(known.filter((deed) => !DEEDS[deed])).toEqual([]);
  expect(Object.keys(DEEDS).filter((deed) => !known.includes(deed))).toEqual([]);
});

test("each subject has a name", () => {
  const subjects = [...new Set(EVERY.map(({ subject }) => subject))];
  for (const words of [zh, en]) expect(subjects.filter((subject) => !(subject in words.subject))).toEqual([]);
});
