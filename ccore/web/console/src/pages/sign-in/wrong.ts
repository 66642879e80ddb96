/** Why one is not let in, as a word of this page. */
import { ApiError, NO_ANSWER } from "@/api/errors";

export type Wrong = "wrong" | "code" | "lockedAWhile" | "unavailable" | "weak" | "weakLength" | "same" | "own";

export function wrong(error: unknown): Wrong {
  if (!(error instanceof ApiError)) return "unavailable";
  if (error.status === 429) return "lockedAWhile";
  if (error.message.startsWith("choose another password")) return "same";
  if (error.code === "own-wanted") return "own";
  if (error.status === 422 || error.status === 400) return /characters$/.test(error.message) ? "weakLength" : "weak";
  if (error.status === NO_ANSWER || error.status >= 500) return "unavailable";
  return error.code === "code-wanted" ? "code" : "wrong";
}
