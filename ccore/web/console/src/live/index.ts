/** Topics of the live socket, for components. */
import { onScopeDispose } from "vue";
import { join, leave, type State } from "./socket";

export { link } from "./socket";
export type { State } from "./socket";

/** What a page sees of a topic; all of it is reactive. */
export interface Followed<T> {
  readonly entries: ReadonlyMap<string, T>;
  /** Server time of the latest fact. */
  readonly at: string | null;
  /** Since when facts may be missing. */
  readonly gap: { readonly since: string } | null;
  /** Why one may not see it. */
  readonly denied: string | null;
  readonly state: State;
}

/** Follow a topic as long as the component lives; `always`: also while its tab is hidden. */
export function useTopic<T>(name: string, options: { always?: boolean } = {}): Followed<T> {
  const topic = join(name, options.always ?? false);
  onScopeDispose(() => leave(name));
  return topic as Followed<T>; // what the server's models say of this topic
}
