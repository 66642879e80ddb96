/** A person's draft as the page has it: what is typed is kept by the server a moment later, then checked. */
import { computed, onScopeDispose, reactive, ref, shallowRef } from "vue";
import { api, ApiError, ask, type Schema } from "@/api/client";
import { useAsked } from "@/asked";
import { preferences } from "@/preferences";

const SAVE_AFTER_MS = 700; // nothing typed for so long

export type Saving = "saved" | "typed" | "saving" | "clash" | "failed";

/** Everything about one's own draft; a page has one. */
export function useDraft() {
  const shown = useAsked(() => ask(api.GET("/api/v1/draft")));
  const checked = useAsked(() => ask(api.GET("/api/v1/draft/faults")));
  const compared = useAsked(() => ask(api.GET("/api/v1/draft/diff")));
  const file = shallowRef<Schema["FileShown"] | null>(null);
  const saving = ref<Saving>("saved");
  const trouble = shallowRef<unknown>(null);
  const faults = computed(() =>
    (checked.data.value?.faults ?? []).map(({ message, message_zh, ...fault }) => ({ ...fault, message: preferences.language === "en" ? message : message_zh })),
  );
  const version = computed(() => shown.data.value?.version ?? null);
  let typed: (() => string) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let going: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    await Promise.all([shown.run(), checked.run()]);
  }

  async function open(path: string): Promise<void> {
    await save();
    trouble.value = null;
    try {
      file.value = await ask(api.GET("/api/v1/draft/file", { params: { query: { path } } }));
      saving.value = "saved";
    } catch (error) {
      trouble.value = error;
    }
  }

  /** Something was typed; `text` gives what stands there when it is kept. */
  function type(text: () => string): void {
    typed = text;
    if (saving.value !== "clash") saving.value = "typed";
    clearTimeout(timer);
    timer = setTimeout(() => void save(), SAVE_AFTER_MS);
  }

  /** Keep what was typed, now. */
  function save(): Promise<void> {
    clearTimeout(timer);
    going = going.then(keep);
    return going;
  }

  async function keep(): Promise<void> {
    const now = file.value;
    const text = typed?.();
    typed = null;
    if (!now || text === undefined || text === now.text || saving.value === "clash") {
      if (saving.value === "typed") saving.value = "saved";
      return;
    }
    saving.value = "saving";
    try {
      const saved = await ask(
        api.PUT("/api/v1/draft/file", { params: { query: { path: now.path } }, body: { text, hash: now.hash } }),
      );
      now.text = text;
      now.hash = saved.hash;
      saving.value = typed ? "typed" : "saved";
      trouble.value = null;
      await look();
    } catch (error) {
      trouble.value = error;
      saving.value = error instanceof ApiError && error.status === 409 ? "clash" : "failed";
    }
  }

  /** What another window has kept, in place of what was typed here. */
  async function reload(): Promise<void> {
    clearTimeout(timer);
    typed = null;
    saving.value = "saved";
    if (file.value) await open(file.value.path);
  }

  async function add(path: string): Promise<void> {
    await ask(api.PUT("/api/v1/draft/file", { params: { query: { path } }, body: { text: "", hash: "" } }));
    await open(path);
    await look();
  }

  async function remove(): Promise<void> {
    const now = file.value;
    if (!now) return;
    await ask(api.DELETE("/api/v1/draft/file", { params: { query: { path: now.path, hash: now.hash } } }));
    file.value = null;
    await look();
  }

  /** As it is live: one file, or all of them. */
  async function revert(path: string | null): Promise<void> {
    clearTimeout(timer);
    typed = null;
    if (path === null) await ask(api.DELETE("/api/v1/draft"));
    else await ask(api.POST("/api/v1/draft/file/revert", { params: { query: { path } } }));
    const again = file.value && (path === null || path === file.value.path) ? file.value.path : null;
    file.value = again ? null : file.value;
    await look();
    if (again && shown.data.value?.files.some((each) => each.path === again)) await open(again);
  }

  async function seen(live: number): Promise<void> {
    await ask(api.PUT("/api/v1/draft/version", { body: { version: live } }));
    await look();
  }

  onScopeDispose(() => void save());
  return reactive({ shown, checked, compared, file, saving, trouble, faults, version, look, open, reload, type, save, add, remove, revert, seen });
}

export type Draft = ReturnType<typeof useDraft>;
