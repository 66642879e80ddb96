/** Why one is not let in. */
import { ApiError, NO_ANSWER } from "@/api/errors";

export type Wrong = "wrong" | "code" | "lockedAWhile" | "unavailable" | "own";

/** As a word of this page; null: the server's own sentence says it, as of a password that is too short. */
export function wrong(error: unknown): Wrong | null {
  if (!(error instanceof ApiError)) return "unavailable";
  if (error.status === 429) return "lockedAWhile";
  if (error.code === "own-wanted") return "own";
  if (error.status === 422 || error.status === 400) return null;
  if (error.status === NO_ANSWER || error.status >= 500) return "unavailable";
  return error.code === "code-wanted" ? "code" : "wrong";
}

/** In the reader's language; `t` has the words. */
export function inWords(error: unknown, t: (key: string) => string): string {
  const why = wrong(error);
  return why ? t(`sign-in.${why}`) : (error as ApiError).message;
}
