/** The floor as pages of supervisors see it: topics at the pace of people, and the names of things. */
import { computed } from "vue";
import { api, ask, type Schema } from "@/api/client";
import { useAsked } from "@/asked";
import { useTopic, type Followed } from "@/live";
import { usePaced } from "@/paced";
import { called, inWords } from "@/titles";
import { counted, together, type Alert, type Queue } from "./figures";

type Fresh = Pick<Followed<unknown>, "at" | "gap" | "denied" | "state">;

export function useFloor() {
  const topics = {
    queues: useTopic<Schema["LiveQueue"]>("queues"),
    agents: useTopic<Schema["LiveAgent"]>("agents"),
    waiting: useTopic<Schema["LiveWaiting"]>("waiting"),
    alerts: useTopic<Schema["LiveAlert"]>("alerts"),
  };
  const queues = usePaced(topics.queues);
  const agents = usePaced(topics.agents);
  const waiting = usePaced(topics.waiting);
  const alerts = usePaced(topics.alerts);
  const words = useAsked(() => ask(api.GET("/api/v1/desk")));
  void words.run();

  const titles = computed(() => new Map(queues.value.map((queue) => [queue.key, inWords(queue.title, queue.key)])));
  const pauses = computed(() => new Map((words.data.value?.pauses ?? []).map((pause) => [pause.name, pause])));
  const withins = computed(() => new Map(queues.value.map((queue) => [queue.key, queue.target_within_s])));
  return {
    topics,
    queues,
    agents,
    waiting,
    alerts,
    words,
    all: computed(() => together(queues.value)),
    states: computed(() => counted(agents.value)),
    title: (queue: Queue | string): string =>
      typeof queue === "string" ? (titles.value.get(queue) ?? queue) : inWords(queue.title, queue.key),
    said: inAlarm,
    pause: (name: string) => pauses.value.get(name),
    pauseCalled: (name: string): string => {
      const known = pauses.value.get(name);
      return known ? called(known) : name;
    },
    pauses,
    withinOf: (queue: string): number | undefined => withins.value.get(queue),
    /** As fresh as the least fresh of them. */
    fresh: computed<Fresh>(() => worst([topics.queues, topics.agents, topics.waiting])),
  };
}

export type Floor = ReturnType<typeof useFloor>;

/** What an alarm says, in the reader's language. */
export function inAlarm({ text, text_en }: Pick<Alert, "text" | "text_en">): string {
  return inWords({ zh: text, en: text_en || text }, text);
}

const STALE = ["live", "behind", "away"];

/** What a wall shows of it: nobody's name or number. */
export function useWall() {
  const topics = {
    queues: useTopic<Schema["LiveQueue"]>("queues"),
    states: useTopic<Schema["LiveState"]>("states"),
    alerts: useTopic<Schema["LiveAlert"]>("wall-alerts"),
  };
  const queues = usePaced(topics.queues);
  const states = usePaced(topics.states);
  const titles = computed(() => new Map(queues.value.map((queue) => [queue.key, inWords(queue.title, queue.key)])));
  return {
    queues,
    alerts: usePaced(topics.alerts),
    said: inAlarm,
    all: computed(() => together(queues.value)),
    agents: computed(() => new Map(states.value.map(({ key, agents }) => [key, agents]))),
    title: (queue: Queue | string): string => (typeof queue === "string" ? (titles.value.get(queue) ?? queue) : inWords(queue.title, queue.key)),
    fresh: computed<Fresh>(() => worst([topics.queues, topics.states])),
  };
}

function worst(all: readonly Fresh[]): Fresh {
  const stalest = [...all].sort((one, other) => STALE.indexOf(other.state) - STALE.indexOf(one.state))[0];
  const gaps = all.flatMap(({ gap }) => (gap ? [gap] : [])).sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
  const newest = all.flatMap(({ at }) => (at ? [at] : [])).sort((one, other) => Date.parse(other) - Date.parse(one));
  return { at: newest[0] ?? null, gap: gaps[0] ?? null, denied: all.find(({ denied }) => denied !== null)?.denied ?? null, state: stalest?.state ?? "away" };
}
