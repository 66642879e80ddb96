/** The API, with the paths and shapes of `openapi.json`; what a browser has to send along is put on here. */
import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, NO_ANSWER } from "./errors";
import { newKey } from "./key";
import { spoken } from "./language";
import type { components, paths } from "./schema";

export { ApiError } from "./errors";
export type Schema = components["schemas"];

const TRIES = 2; // of a request without an answer: its key makes that it is done once
const READS = new Set(["GET", "HEAD"]);

/** What requests are signed with; src/session.ts says it. */
export const credentials = { csrf: "", lost: (): void => undefined };

const asOurs: Middleware = {
  onRequest({ request }) {
    if (READS.has(request.method)) return;
    if (credentials.csrf) request.headers.set("X-CSRF-Token", credentials.csrf);
    if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", newKey());
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, fetch: patiently });
api.use(asOurs);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered. Throws ApiError with the server's sentence. */
export async function ask<T>(answering: Promise<Answered<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await answering;
  if (!response.ok) throw refusal(response, error);
  return (data ?? {}) as NonNullable<T>;
}

/** A request that is not in `openapi.json`, or takes or answers no JSON: the response. Throws ApiError. */
export async function raw(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = body === undefined || body instanceof Blob ? {} : { "Content-Type": "application/json" };
  if (!READS.has(method)) {
    headers["Idempotency-Key"] = newKey();
    if (credentials.csrf) headers["X-CSRF-Token"] = credentials.csrf;
  }
  const content = body instanceof Blob ? body : body === undefined ? null : JSON.stringify(body);
  const response = await patiently(new Request(location.origin + path, { method, headers, body: content }));
  if (!response.ok) throw refusal(response, await response.json().catch(() => null));
  return response;
}

async function patiently(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", spoken());
  for (let tried = 1; ; tried += 1) {
    try {
      return await fetch(request.clone());
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (tried === TRIES) throw new ApiError(NO_ANSWER, String(error));
    }
  }
}

function refusal(response: Response, said: unknown): ApiError {
  const open = new URL(response.url).pathname.startsWith("/api/v1/session") || credentials.csrf === "";
  if (response.status === 401 && !open) credentials.lost();
  const { error: sentence, code } = (said ?? {}) as { error?: unknown; code?: unknown };
  const after = Number(response.headers.get("Retry-After"));
  return new ApiError(
    response.status,
    typeof sentence === "string" && sentence ? sentence : `HTTP ${response.status}`,
    after > 0 ? after : null,
    typeof code === "string" ? code : "",
  );
}
