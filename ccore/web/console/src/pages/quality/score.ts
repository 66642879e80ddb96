/** What a call is worth by a scorecard, as the server counts it: shown while a form is filled in. Pure. */
import type { Schema } from "@/api/client";

export type Card = Schema["Scorecard"];
export type Question = Card["sections"][number]["questions"][number];
/** By the question's name; null: it does not apply. */
export type Answers = Record<string, number | null>;

const BEST = 5;

/** The best answer. */
export function most(question: Question): number {
  return question.kind === "scale" ? (question.best ?? BEST) : 1;
}

export function questions(card: Card): Question[] {
  return card.sections.flatMap((section) => section.questions);
}

/** Questions without an answer. */
export function missing(card: Card, answers: Answers): string[] {
  return questions(card).map(({ name }) => name).filter((name) => !(name in answers));
}

/** Questions by which all of it is worth nothing. */
export function fatal(card: Card, answers: Answers): string[] {
  return questions(card).filter((each) => each.fatal && answers[each.name] === 0).map(({ name }) => name);
}

/** Per mille of what was answered so far; null: nothing that counts was. */
export function worth(asked: readonly Question[], answers: Answers): number | null {
  let got = 0;
  let all = 0;
  for (const each of asked) {
    const answer = answers[each.name];
    if (answer === undefined || answer === null) continue;
    got += ((each.weight ?? 1) * answer) / most(each);
    all += each.weight ?? 1;
  }
  return all > 0 ? Math.round((got * 1_000) / all + 1e-9) : null;
}

/** All of it. */
export function total(card: Card, answers: Answers): number | null {
  return fatal(card, answers).length > 0 ? 0 : worth(questions(card), answers);
}
