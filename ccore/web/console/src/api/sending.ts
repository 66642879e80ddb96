/** Sends a file as it is, telling how much of it has gone: `fetch` does not tell, so this is what does. */
import { ApiError, credentials } from "./client";
import { newKey } from "./key";
import { spoken } from "./language";

/** What was answered to `file` at `path`. Throws ApiError. */
export function sendFile<T>(path: string, file: File, gone: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept-Language", spoken());
    request.setRequestHeader("Idempotency-Key", newKey());
    if (credentials.csrf) request.setRequestHeader("X-CSRF-Token", credentials.csrf);
    request.upload.onprogress = (event) => gone(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => reject(new ApiError(0, "no answer"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300 && request.response) return resolve(request.response as T);
      if (request.status === 401) credentials.lost();
      const said = request.response as { error?: string } | null;
      reject(new ApiError(request.status, said?.error ?? `HTTP ${request.status}`));
    };
    request.send(file);
  });
}
