/** Keys that do something: pages tell theirs, `?` shows them all. */
import { onScopeDispose, shallowReactive } from "vue";

export interface Shortcut {
  /** Such as "?", "g d" (one after the other) or "ctrl+enter". */
  keys: string;
  /** In words, by the language of now. */
  title: () => string;
  run: () => void;
}

const WITHIN_MS = 1_000; // between the keys of a sequence

export const shortcuts = shallowReactive(new Set<Shortcut>());
let before = "";
let typedAt = 0;

/** Hold while the component lives. */
export function useShortcut(shortcut: Shortcut): void {
  shortcuts.add(shortcut);
  onScopeDispose(() => shortcuts.delete(shortcut));
}

/** What this key means after the one before; keys typed into a field are text. */
export function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const key = named(event);
  if (typing(event.target) && !key.includes("+")) return;
  const sequence = Date.now() - typedAt < WITHIN_MS ? `${before} ${key}` : key;
  const all = [...shortcuts].reverse(); // the innermost is the latest
  const meant = all.find(({ keys }) => keys === sequence) ?? all.find(({ keys }) => keys === key);
  before = key;
  typedAt = Date.now();
  if (!meant) return;
  event.preventDefault();
  before = "";
  meant.run();
}

function named(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  const held = [event.ctrlKey && "ctrl", event.altKey && "alt", event.metaKey && "meta"].filter(Boolean);
  return [...held, key].join("+");
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}
