/** Words that leave the page: by the telephone's own way to share, or copied. */

export type Shared = "shared" | "copied" | "kept" | "failed";

/** Share it; `kept`: the person has thought better of it. */
export async function share(text: string): Promise<Shared> {
  if (typeof navigator.share === "function") {
    try {
      await navigator.share({ text });
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return "kept";
    }
  }
  return copy(text);
}

/** Copy it, also where the page came over plain HTTP and has no clipboard. */
export async function copy(text: string): Promise<Shared> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? "copied" : "failed";
  }
}
