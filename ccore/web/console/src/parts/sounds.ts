/** Sounds one after another, one list at a time on the whole page: whoever begins another ends the first. */
import { reactive, readonly } from "vue";

interface Playing {
  /** Whose list it is; "" while nothing is played. */
  owner: string;
  /** Which of the list. */
  at: number;
}

const state = reactive<Playing>({ owner: "", at: 0 });
let audio: HTMLAudioElement | null = null;

/** What is played now. */
export const playing = readonly(state);

/** Play all of them, and say how it ended: the last is over, somebody stopped it, or one of them cannot be heard. */
export async function play(owner: string, sources: readonly string[]): Promise<"over" | "stopped" | "failed"> {
  stop();
  state.owner = owner;
  for (const [at, source] of sources.entries()) {
    state.at = at;
    const mine = (audio = new Audio(source));
    const how = await new Promise<"over" | "stopped" | "failed">((resolve) => {
      mine.addEventListener("ended", () => resolve("over"));
      mine.addEventListener("error", () => resolve("failed"));
      mine.addEventListener("pause", () => resolve(mine.ended ? "over" : "stopped"));
      mine.play().catch(() => resolve(mine === audio ? "failed" : "stopped"));
    });
    if (audio !== mine) return "stopped"; // by `stop`, or by another list
    if (how !== "over") {
      stop();
      return how;
    }
  }
  stop();
  return "over";
}

/** Silence. */
export function stop(): void {
  const last = audio;
  audio = null;
  state.owner = "";
  last?.pause();
}
