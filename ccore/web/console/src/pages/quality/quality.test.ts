import { expect, test } from "vitest";
import { fatal, missing, questions, total, worth, type Card } from "./score";
import { weekOf, weeksBefore } from "./weeks";

const card = {
  title: { zh: "卡" },
  pass_percent: 80,
  samples: [],
  sections: [
    {
      name: "all",
      title: { zh: "全部" },
      questions: [
        { name: "greeted", text: { zh: "问候" }, kind: "yes-no", best: null, weight: 1, optional: false, fatal: false },
        { name: "solved", text: { zh: "解决" }, kind: "scale", best: null, weight: 3, optional: false, fatal: false },
        { name: "offered", text: { zh: "推荐" }, kind: "yes-no", best: null, weight: 4, optional: true, fatal: false },
        { name: "safe", text: { zh: "安全" }, kind: "yes-no", best: null, weight: 0, optional: false, fatal: true },
      ],
    },
  ],
} satisfies Card;

test("a score is what the server makes of it", () => {
  expect(total(card, { greeted: 0, solved: 4, offered: null, safe: 1 })).toBe(600); // as tests/integration/test_quality.py
  expect(total(card, { greeted: 1, solved: 4, offered: null, safe: 1 })).toBe(850);
  expect(total(card, { greeted: 1, solved: 5, offered: 1, safe: 0 })).toBe(0);
  expect(fatal(card, { safe: 0 })).toEqual(["safe"]);
  expect(missing(card, { greeted: 1, offered: null })).toEqual(["solved", "safe"]);
  expect(worth(questions(card), { safe: 1 })).toBeNull();
});

test("weeks are those of ISO 8601", () => {
  expect(weekOf("2026-11-23")).toEqual({ week: "2026-W48", first: "2026-11-23", last: "2026-11-29" });
  expect(weekOf("2026-11-22").week).toBe("2026-W47");
  expect(weekOf("2027-01-03").week).toBe("2026-W53");
  expect(weekOf("2024-12-30").week).toBe("2025-W01");
  expect(weeksBefore("2026-11-23", 2).map(({ week }) => week)).toEqual(["2026-W48", "2026-W47"]);
});
