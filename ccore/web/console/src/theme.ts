/** The look: one palette for each scheme, told to Naive UI and, as custom properties, to our own styles. */
import type { GlobalThemeOverrides } from "naive-ui";

export type Scheme = "light" | "dark";

interface Palette {
  ground: string; // behind all
  card: string;
  raised: string; // heads of tables, what is pointed at
  line: string;
  edge: string; // of fields: 3:1 on card
  text: string;
  soft: string; // less important text: still 4.5:1 on ground and card
  accent: string; // text and fills: white on it, and it on card, have 4.5:1
  accentHover: string;
  onAccent: string;
  good: string;
  busy: string;
  warn: string;
  bad: string;
  idle: string;
}

export const PALETTES: Readonly<Record<Scheme, Palette>> = {
  light: {
    ground: "#f3f5f7",
    card: "#ffffff",
    raised: "#eaeef2",
    line: "#d3dae1",
    edge: "#83909d",
    text: "#1b2733",
    soft: "#51606f",
    accent: "#1f5f99",
    accentHover: "#174a79",
    onAccent: "#ffffff",
    good: "#1a6e42",
    busy: "#1f5f99",
    warn: "#8a5300",
    bad: "#b3261e",
    idle: "#5b6875",
  },
  dark: {
    ground: "#12171d",
    card: "#1a2129",
    raised: "#242d37",
    line: "#35414d",
    edge: "#6f7e8c",
    text: "#e4e9ee",
    soft: "#a3b0bd",
    accent: "#7cb6ec",
    accentHover: "#a5cef4",
    onAccent: "#0d1c2a",
    good: "#6fcf97",
    busy: "#7cb6ec",
    warn: "#f0b35a",
    bad: "#ff8f86",
    idle: "#a3b0bd",
  },
};

export const FONT =
  '"Inter", system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';
export const RADIUS_PX = 6;

/** What Naive UI is told. */
export function overrides(scheme: Scheme): GlobalThemeOverrides {
  const of = PALETTES[scheme];
  const button = { textColorPrimary: of.onAccent, textColorHoverPrimary: of.onAccent, textColorPressedPrimary: of.onAccent };
  const filled = { textColorFocusPrimary: of.onAccent, textColorDisabledPrimary: of.onAccent };
  const failing = { textColorError: of.onAccent, textColorHoverError: of.onAccent, textColorPressedError: of.onAccent };
  return {
    common: {
      fontFamily: FONT,
      fontSize: "14px",
      borderRadius: `${RADIUS_PX}px`,
      bodyColor: of.ground,
      cardColor: of.card,
      modalColor: of.card,
      popoverColor: of.card,
      tableHeaderColor: of.raised,
      borderColor: of.line,
      dividerColor: of.line,
      textColorBase: of.text,
      textColor1: of.text,
      textColor2: of.text,
      textColor3: of.soft,
      placeholderColor: of.soft,
      primaryColor: of.accent,
      primaryColorHover: of.accentHover,
      primaryColorPressed: of.accentHover,
      primaryColorSuppl: of.accent,
      infoColor: of.busy,
      successColor: of.good,
      warningColor: of.warn,
      errorColor: of.bad,
      errorColorHover: of.bad,
      errorColorPressed: of.bad,
    },
    Input: { color: of.card, colorFocus: of.card, border: `1px solid ${of.edge}` },
    Radio: { boxShadow: `inset 0 0 0 1px ${of.edge}` },
    Checkbox: { border: `1px solid ${of.edge}` },
    Button: { ...button, ...filled, ...failing, textColorFocusError: of.onAccent },
  };
}

/** Tell our own styles. */
export function paint(scheme: Scheme): void {
  const root = document.documentElement;
  root.dataset["scheme"] = scheme;
  root.style.colorScheme = scheme;
  root.style.setProperty("--font", FONT);
  root.style.setProperty("--radius", `${RADIUS_PX}px`);
  for (const [name, colour] of Object.entries(PALETTES[scheme])) {
    root.style.setProperty(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, colour);
  }
}
