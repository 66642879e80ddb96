/** What the page speaks, in which the server is to say what it refuses: as `Accept-Language`. */
export function spoken(): string {
  return document.documentElement.lang || "zh-CN";
}
