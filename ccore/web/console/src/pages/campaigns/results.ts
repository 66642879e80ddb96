/** What agents may say of a call, by its title; asked once for a page. */
import { api, ask } from "@/api/client";
import { useAsked } from "@/asked";
import { resultCalled } from "@/pages/desk/titles";

export function useResults(): (name: string) => string {
  const words = useAsked(() => ask(api.GET("/api/v1/desk")));
  void words.run();
  return (name) => resultCalled(words.data.value, name);
}
