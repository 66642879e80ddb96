import { expect, test } from "vitest";
import { ApiError, NO_ANSWER } from "@/api/errors";
import { inWords } from "./wrong";

test("why one is not let in is a word of the page, or the server's own sentence", () => {
  const said = (status: number, code = ""): string => inWords(new ApiError(status, "its own sentence", null, code), (key) => key);
  expect([said(401), said(401, "code-wanted"), said(403, "own-wanted"), said(429)]).toEqual([
    "sign-in.wrong",
    "sign-in.code",
    "sign-in.own",
    "sign-in.lockedAWhile",
  ]);
  expect([said(NO_ANSWER), said(503), inWords(new Error("x"), (key) => key)]).toEqual(Array(3).fill("sign-in.unavailable"));
  expect([said(422), said(400)]).toEqual(["its own sentence", "its own sentence"]);
});
