/** Short words at the edge of the page on what was done, or could not be. */
import { shallowReactive } from "vue";
import { told } from "./troubles";

export interface Notice {
  id: number;
  kind: "good" | "bad";
  text: string;
}

const SHOWN_MS = 6_000;

export const notices = shallowReactive<Notice[]>([]);
let count = 0;

function add(kind: Notice["kind"], text: string): void {
  const notice = { id: (count += 1), kind, text };
  notices.push(notice);
  window.setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

/** Take it away before its time. */
export function dismiss(id: number): void {
  const at = notices.findIndex((notice) => notice.id === id);
  if (at >= 0) notices.splice(at, 1);
}

export const notice = {
  /** It was done. */
  done: (text: string): void => add("good", text),
  /** It was not: an error that was thrown, or words. */
  failed: (error: unknown): void => add("bad", typeof error === "string" ? error : told(error)),
};
