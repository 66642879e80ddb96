/** What happened in a recording, of what the API tells: pure. */
import type { Schema } from "@/api/client";
import type { AudioMark } from "@/parts/marks";

export interface MarkWords {
  pause: (why: string) => string;
  hold: string;
  talks: (agent: string) => string;
  did: (what: string, agent: string) => string;
  came: (disposition: string, agent: string) => string;
}

type Told = Pick<Schema["RecordingWhole"], "started_at" | "expected_at" | "talked" | "paused" | "marks">;

/** In seconds from its beginning. */
export function marksOf(told: Told, words: MarkWords): AudioMark[] {
  const begins = Date.parse(told.started_at ?? told.expected_at);
  const second = (at: string): number => (Date.parse(at) - begins) / 1_000;
  const pauses = told.paused.map(
    (each, at): AudioMark => ({
      id: `pause-${at}`,
      kind: "pause",
      label: words.pause(each.why),
      from: second(each.from_at),
      until: each.until_at === null ? null : second(each.until_at),
    }),
  );
  const talks = told.talked.map(
    (each): AudioMark => ({
      id: `talk-${each.number}`,
      kind: "turn",
      label: words.talks(each.agent),
      from: each.from_ms === null ? second(each.from_at) : each.from_ms / 1_000,
    }),
  );
  const done = told.marks.flatMap((each, at): AudioMark[] => {
    const from = second(each.at);
    if (each.what === "resumed") return []; // where its hold ends
    if (each.what === "held") {
      const back = told.marks.slice(at).find(({ what }) => what === "resumed");
      return [{ id: `mark-${at}`, kind: "hold", label: words.hold, from, until: back ? second(back.at) : null }];
    }
    if (each.what === "disposed") return [{ id: `mark-${at}`, kind: "result", label: words.came(each.disposition, each.agent), from }];
    return [{ id: `mark-${at}`, kind: "turn", label: words.did(each.what, each.agent), from }];
  });
  return [...pauses, ...talks, ...done];
}
