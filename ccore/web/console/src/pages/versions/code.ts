/** The editor itself: CodeMirror with the linter's messages under their lines. Imported when a file is opened. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  WidgetType,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  type DecorationSet,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Said } from "./files";

export interface Code {
  /** Another file: its undo history begins anew. */
  open: (path: string, text: string, label: string) => void;
  text: () => string;
  say: (faults: ReadonlyMap<number, readonly Said[]>) => void;
  goTo: (line: number) => void;
  fix: (only: boolean) => void;
  end: () => void;
}

class Message extends WidgetType {
  constructor(readonly said: readonly Said[]) {
    super();
  }
  override eq(other: Message): boolean {
    return this.said.map(({ message }) => message).join("\n") === other.said.map(({ message }) => message).join("\n");
  }
  override toDOM(): HTMLElement {
    const place = document.createElement("div");
    place.className = "fault-line";
    for (const { code, message } of this.said) {
      const line = place.appendChild(document.createElement("div"));
      line.appendChild(document.createElement("b")).textContent = code;
      line.append(` ${message}`);
    }
    return place;
  }
}

const messages = StateEffect.define<DecorationSet>();
const under = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    const moved = shown.map(transaction.changes);
    return transaction.effects.reduce((found, effect) => (effect.is(messages) ? effect.value : found), moved);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.atom], color: "var(--warn)" },
  { tag: [tags.keyword, tags.propertyName, tags.definition(tags.variableName)], color: "var(--accent)" },
  { tag: [tags.heading, tags.typeName], color: "var(--accent)", fontWeight: "600" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--card)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Consolas, 'Noto Sans Mono CJK SC', monospace", lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 9%, transparent)" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-content:focus-visible": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--line)" },
  ".fault-line": {
    padding: "4px 10px",
    borderLeft: "3px solid var(--bad)",
    backgroundColor: "color-mix(in srgb, var(--bad) 10%, var(--card))",
    color: "var(--bad)",
    fontFamily: "var(--font, system-ui, sans-serif)",
    whiteSpace: "pre-wrap",
  },
});

/** An editor in `place`; `changed` is called with each change that a person makes. */
export function editor(place: HTMLElement, changed: () => void): Code {
  const only = new Compartment();
  let fixed = false;

  function extensions(path: string, label: string): Extension {
    return [
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      history(),
      bracketMatching(),
      search({ top: true }),
      lintGutter(),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
      StreamLanguage.define(path.endsWith(".toml") ? toml : properties),
      syntaxHighlighting(colours),
      look,
      under,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      EditorView.lineWrapping,
      only.of(EditorState.readOnly.of(fixed)),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed();
      }),
    ];
  }

  const view = new EditorView({ parent: place });
  return {
    open(path, text, label) {
      view.setState(EditorState.create({ doc: text, extensions: extensions(path, label) }));
    },
    text: () => view.state.doc.toString(),
    say(faults) {
      const { doc } = view.state;
      const shown = [...faults].filter(([line]) => line <= doc.lines).sort(([one], [other]) => one - other);
      const found = shown.map(([line, said]) => ({ at: doc.line(line), said }));
      const widgets = found.map(({ at, said }) => Decoration.widget({ widget: new Message(said), block: true, side: 1 }).range(at.to));
      const marks = found.map(({ at, said }) => ({
        from: at.from,
        to: at.to,
        severity: "error" as const,
        message: said.map(({ code, message }) => `${code} ${message}`).join("\n"),
      }));
      view.dispatch({ effects: messages.of(Decoration.set(widgets)) });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo(line) {
      const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
      view.focus();
    },
    fix(wanted) {
      fixed = wanted;
      view.dispatch({ effects: only.reconfigure(EditorState.readOnly.of(wanted)) });
    },
    end: () => view.destroy(),
  };
}
