/** What recordings are searched by, by names people know; asked once for a page. */
import { computed } from "vue";
import { api, ask } from "@/api/client";
import { useAsked } from "@/asked";
import { called, inWords } from "@/titles";

export interface Option {
  value: string;
  label: string;
}

export function useChoices() {
  const asked = useAsked(() => ask(api.GET("/api/v1/recordings/choices")));
  void asked.run();
  const agents = computed(() => asked.data.value?.agents ?? []);
  const queues = computed(() => asked.data.value?.queues ?? []);
  const dispositions = computed(() => asked.data.value?.dispositions ?? []);
  return {
    agents: computed<Option[]>(() => agents.value.map(({ agent, name }) => ({ value: agent, label: `${agent} ${name}` }))),
    queues: computed<Option[]>(() => queues.value.map(({ name, title }) => ({ value: name, label: inWords(title, name) }))),
    dispositions: computed<Option[]>(() => dispositions.value.map((each) => ({ value: each.name, label: called(each) }))),
    /** `李娜 1001`; the number alone if nobody is known by it. */
    agentOf: (agent: string): string => {
      const name = agents.value.find((each) => each.agent === agent)?.name;
      return name ? `${name} ${agent}` : agent;
    },
    queueOf: (queue: string): string => inWords(queues.value.find(({ name }) => name === queue)?.title, queue),
    dispositionOf: (name: string): string => {
      const found = dispositions.value.find((each) => each.name === name);
      return found ? called(found) : name;
    },
  };
}
