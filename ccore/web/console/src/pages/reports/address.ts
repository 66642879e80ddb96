/** What a page of reports is asked, kept in its address: so that it can be shared, and back goes back. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter, type RouteLocationRaw } from "vue-router";
import { address, asked, type Asking, type By } from "./asking";
import type { SpanName } from "./spans";

export interface Usual {
  by: By[];
  span: SpanName;
}

export function useAsking(usual: () => Usual): { asking: ComputedRef<Asking>; to: (next: Asking) => RouteLocationRaw; change: (changes: Partial<Asking>) => void } {
  const route = useRoute();
  const router = useRouter();
  const asking = computed(() => asked(words(route.query), usual()));
  const to = (next: Asking): RouteLocationRaw => ({ path: route.path, query: address(next, usual()) });
  return { asking, to, change: (changes) => void router.push(to({ ...asking.value, ...changes })) };
}

/** The words of an address: of what it says twice, the first. */
export function words(query: Record<string, unknown>): Record<string, string> {
  const found = Object.entries(query).map(([key, value]) => [key, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(found.filter(([, value]) => typeof value === "string" && value)) as Record<string, string>;
}
