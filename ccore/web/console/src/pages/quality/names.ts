/** Names of agents and scorecards; who may not search recordings has their own number only. */
import { computed } from "vue";
import { api, ask } from "@/api/client";
import { useAsked } from "@/asked";
import { useChoices, type Option } from "@/pages/recordings/choices";
import { inWords } from "@/titles";

export function useNames(judges: boolean) {
  const cards = useAsked(async () => (await ask(api.GET("/api/v1/quality/scorecards"))).scorecards);
  void cards.run();
  const choices = judges ? useChoices() : null;
  return {
    agents: computed<Option[]>(() => choices?.agents.value ?? []),
    agentOf: (agent: string): string => choices?.agentOf(agent) ?? agent,
    cards: computed<Option[]>(() => Object.entries(cards.data.value ?? {}).map(([value, each]) => ({ value, label: inWords(each.title, value) }))),
    cardOf: (name: string): string => inWords(cards.data.value?.[name]?.title ?? {}, name),
  };
}
