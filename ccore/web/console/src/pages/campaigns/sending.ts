/** Sends a file of contacts; and what is said of uploads. */
import type { Schema } from "@/api/client";
import { sendFile } from "@/api/sending";
import type { Kind } from "@/parts/StateTag.vue";

export type UploadState = Schema["Upload"]["state"];
export type Wanted = Partial<Schema["Wanted"]>;

export const UPLOAD_KINDS: Readonly<Record<UploadState, Kind>> = {
  waiting: "busy", reading: "busy", storing: "busy", done: "good", refused: "bad", cancelled: "idle", failed: "bad",
};
const OVER: ReadonlySet<UploadState> = new Set(["done", "refused", "cancelled", "failed"]);

/** Whether nothing more becomes of it. */
export function over(state: UploadState): boolean {
  return OVER.has(state);
}

/** The number of the upload that has begun. */
export async function send(list: string, file: File, wanted: Wanted, gone: (share: number) => void): Promise<number> {
  const query = new URLSearchParams({ file: file.name.slice(0, 200), wanted: JSON.stringify(wanted) });
  return (await sendFile<Schema["UploadBegun"]>(`/api/v1/lists/${encodeURIComponent(list)}/uploads?${query}`, file, gone)).upload;
}
