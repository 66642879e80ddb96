/** ECharts with the kinds of charts the console has, and our colours; loaded when the first chart is shown. */
import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, DatasetComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption, type EChartsType } from "echarts/core";
import type { BarSeriesOption, FunnelSeriesOption, LineSeriesOption, PieSeriesOption } from "echarts/charts";
import type { DatasetComponentOption, GridComponentOption, LegendComponentOption, TooltipComponentOption } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
import { FONT, PALETTES, type Scheme } from "@/theme";

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | FunnelSeriesOption
  | LineSeriesOption
  | PieSeriesOption
  | DatasetComponentOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
>;

use([
  AriaComponent,
  BarChart,
  DatasetComponent,
  FunnelChart,
  GridComponent,
  LegendComponent,
  LineChart,
  PieChart,
  SVGRenderer,
  TooltipComponent,
]);

/** An empty chart in this element. */
export function begin(place: HTMLElement): EChartsType {
  return init(place, null, { renderer: "svg" });
}

/** The option with the scheme's colours where it names none. */
export function coloured(option: ChartOption, scheme: Scheme): ChartOption {
  const of = PALETTES[scheme];
  const axis = { axisLine: { lineStyle: { color: of.line } }, axisLabel: { color: of.soft }, splitLine: { lineStyle: { color: of.line } } };
  const onAxis = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(onAxis);
    const said = given as { axisLabel?: object; splitLine?: object } | undefined;
    return said && { ...axis, ...said, axisLabel: { ...axis.axisLabel, ...said.axisLabel }, splitLine: { ...axis.splitLine, ...said.splitLine } };
  };
  const base = {
    animation: false,
    color: [of.accent, of.good, of.warn, of.bad, of.idle],
    textStyle: { fontFamily: FONT, color: of.text },
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } }, // Chart.vue names it
    grid: { left: 8, right: 12, top: 32, bottom: 8, containLabel: true },
    legend: { textStyle: { color: of.text }, top: 0 },
    tooltip: { trigger: "axis", backgroundColor: of.card, borderColor: of.line, textStyle: { color: of.text }, renderMode: "richText" },
  };
  return { ...base, ...option, xAxis: onAxis(option.xAxis), yAxis: onAxis(option.yAxis) } as ChartOption;
}
