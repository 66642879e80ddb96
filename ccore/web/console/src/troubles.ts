/** What went wrong, in words for people. */
import { ApiError, NO_ANSWER } from "./api/errors";
import { said } from "./i18n";

const AWAY = new Set([NO_ANSWER, 502, 503, 504]);
const GENERAL: Readonly<Record<number, string>> = {
  [NO_ANSWER]: "trouble.noAnswer",
  401: "trouble.signedOut",
  403: "trouble.notAllowed",
  404: "trouble.notFound",
  429: "trouble.tooOften",
  500: "trouble.fault",
  503: "trouble.unavailable",
};

/** Whether ccore, or what it needs, was not there: nothing has to be changed to try again. */
export function away(error: unknown): boolean {
  return error instanceof ApiError && AWAY.has(error.status);
}

/** In the reader's language what kind of trouble it is, and the server's own sentence where it says more. */
export function told(error: unknown): string {
  if (!(error instanceof ApiError)) return said("trouble.fault");
  const general = GENERAL[error.status];
  if (error.status === NO_ANSWER || error.status === 401) return said(general ?? "trouble.fault");
  return general ? said("trouble.both", { general: said(general), sentence: error.message }) : error.message;
}
