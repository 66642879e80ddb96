/** What the server refused, or what kept it from answering. */

/** No answer came: there is no network, or no ccore. */
export const NO_ANSWER = 0;

export class ApiError extends Error {
  override readonly name = "ApiError";

  /** `status` is HTTP's, or NO_ANSWER; the message is the server's own sentence, `code` its word for programs if it has one. */
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds: number | null = null,
    readonly code: string = "",
  ) {
    super(message);
  }

  /** Whether the same may come right by trying again. */
  get passing(): boolean {
    return this.status === NO_ANSWER || this.status === 429 || this.status >= 500;
  }
}
