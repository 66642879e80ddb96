/** Figures of reports beside those before, and how charts show them: pure. */
import { yuan } from "@/parts/durations";
import type { ChartOption } from "@/parts/charts";
import type { Measure } from "./asking";

export type Sums = Record<Measure, number>;
export const NOTHING: Sums = { orders: 0, live: 0, active: 0, sales_fen: 0, commission_fen: 0 };
export const MOST_BARS = 20;
export const CHART_PX = 280;
const BAR_PX = 26;

/** How much more it is than before, in permille of what was before; null: there was nothing to compare with. */
export function change(now: number, then: number): number | null {
  return then === 0 ? null : Math.round(((now - then) * 1_000) / Math.abs(then));
}

/** `12.5%` of 125, without its sign. */
export function changed(permille: number): string {
  return `${(Math.abs(permille) / 10).toFixed(1)}%`;
}

/** As people read it. */
export function shown(measure: Measure, value: number): string {
  return measure.endsWith("_fen") ? yuan(value) : value.toLocaleString("en-US");
}

/** What a chart draws: money in yuan. */
export function drawn(measure: Measure, value: number): number {
  return measure.endsWith("_fen") ? value / 100 : value;
}

/** How high a chart of so many bars is, in pixels; `least`: that of its neighbour. */
export function highOf(bars: number, least = 120): number {
  return Math.max(least, Math.min(bars, MOST_BARS) * BAR_PX + 60);
}

export interface Series {
  name: string;
  values: (number | null)[];
  /** What was before: in the background. */
  then?: boolean;
  line?: boolean;
  /** On the axis at the right. */
  percent?: boolean;
  stack?: string;
  /** Of the palette; by itself the next one. */
  colour?: string;
}

const CUT = { width: 150, overflow: "truncate" as const };
const MUTED = { opacity: 0.4 };

function bar({ name, values, then, stack, colour }: Series) {
  const itemStyle = { ...(then ? MUTED : {}), ...(colour ? { color: colour } : {}) };
  return { type: "bar" as const, name, data: values, barMaxWidth: 22, itemStyle, ...(stack ? { stack } : {}) };
}

function line({ name, values, then, percent, colour }: Series) {
  const own = colour ? { color: colour } : {};
  const look = then ? { lineStyle: { type: "dashed" as const, ...MUTED }, itemStyle: MUTED } : { lineStyle: { width: 2.5, ...own }, itemStyle: own };
  return { type: "line" as const, name, data: values, symbolSize: 6, showSymbol: values.length < 40, connectNulls: false, ...look, ...(percent ? { yAxisIndex: 1 } : {}) };
}

/** Figures along a time. */
export function along(labels: string[], series: Series[]): ChartOption {
  const right = series.some(({ percent }) => percent);
  return {
    xAxis: { type: "category", data: labels },
    yAxis: [
      { type: "value", minInterval: 1 },
      ...(right ? [{ type: "value" as const, min: 0, max: 100, axisLabel: { formatter: "{value}%" }, splitLine: { show: false } }] : []),
    ],
    series: series.map((each) => (each.line ? line(each) : bar(each))),
  };
}

/** Bars beneath each other, the first at the top; longer names are cut, and whole in the table. */
export function beneath(labels: string[], series: Series[]): ChartOption {
  return {
    xAxis: { type: "value", minInterval: 1 },
    yAxis: { type: "category", inverse: true, data: labels.slice(0, MOST_BARS), axisLabel: CUT },
    series: series.map(({ values, ...each }) => bar({ ...each, values: values.slice(0, MOST_BARS) })),
    ...(series.length < 2 ? { legend: { show: false }, grid: { left: 8, right: 24, top: 12, bottom: 8, containLabel: true } } : {}),
  };
}
