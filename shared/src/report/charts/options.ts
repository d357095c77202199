import type { EChartsOption } from 'echarts';
import { axis, frame, hues, type Ink, legend, pageInk, roundAxis, valueAxis } from './frame.js';

/** Stated confidence against share right; the dot's area is its number of samples. Withheld bins are left out by the caller. */
export function reliabilityChart(
  bins: readonly { readonly confidence: number; readonly accuracy: number; readonly count: number }[],
  ink: Ink = pageInk,
): EChartsOption {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return {
    ...frame(ink),
    grid: { left: 52, right: 16, top: 16, bottom: 48 },
    xAxis: { ...valueAxis(ink, 'stated confidence'), min: 0, max: 1, nameGap: 28 },
    yAxis: { ...valueAxis(ink, 'share right'), min: 0, max: 1, nameGap: 36 },
    series: [
      {
        type: 'line',
        data: [
          [0, 0],
          [1, 1],
        ],
        symbol: 'none',
        silent: true,
        lineStyle: { color: ink.text, opacity: 0.45, type: 'dashed', width: 1 },
      },
      {
        type: 'line',
        data: bins.map((bin) => ({
          value: [bin.confidence, bin.accuracy],
          symbolSize: 6 + 20 * Math.sqrt(bin.count / most),
        })),
        symbol: 'circle',
        lineStyle: { color: hues.first, width: 2 },
        itemStyle: { color: hues.first, opacity: 0.85 },
      },
    ],
  };
}

/** Recall, precision and F1 of each class as bars; null draws nothing. */
export function classChart(
  classes: readonly {
    readonly class: string;
    readonly recall: number | null;
    readonly precision: number | null;
    readonly f1: number | null;
  }[],
  ink: Ink = pageInk,
): EChartsOption {
  const series = [
    { name: 'recall', of: 'recall' },
    { name: 'precision', of: 'precision' },
    { name: 'F1', of: 'f1' },
  ] as const;
  const drawn = series.filter(({ of }) => classes.some((own) => own[of] !== null));
  return {
    ...frame(ink),
    legend: { ...legend(ink), data: drawn.map(({ name }) => name) },
    grid: { left: 132, right: 20, top: 34, bottom: 28 },
    xAxis: { ...valueAxis(ink, ''), min: 0, max: 1 },
    yAxis: {
      ...axis(ink, ''),
      type: 'category',
      inverse: true,
      data: classes.map((own) => own.class),
      splitLine: { show: false },
      axisLabel: { color: ink.text, width: 118, overflow: 'truncate', interval: 0 },
    },
    series: drawn.map(({ name, of }) => ({
      name,
      type: 'bar' as const,
      data: classes.map((own) => own[of] ?? '-'),
      barMaxWidth: 12,
      barGap: '15%',
      barCategoryGap: '32%',
      itemStyle: { borderRadius: 2 },
    })),
  };
}

/** Height in pixels at which the bars of so many classes read well. */
export const classChartHeight = (classes: number): number => 70 + 36 * classes;

/** Pooled figures by round; `chosen` is marked. */
export function curveChart(
  lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [round: number, value: number | null])[];
  }[],
  chosen: number | null,
  ink: Ink = pageInk,
): EChartsOption {
  return {
    ...frame(ink),
    legend: legend(ink),
    grid: { left: 44, right: 16, top: 34, bottom: 44 },
    xAxis: roundAxis(ink),
    yAxis: { ...axis(ink, ''), type: 'value', scale: true },
    series: lines.map(({ name, points }, index) => ({
      name,
      type: 'line' as const,
      data: points.map(([round, value]) => [round, value ?? '-']),
      symbol: 'circle',
      symbolSize: points.length > 40 ? 0 : 5,
      lineStyle: { width: 2 },
      ...(index === 0 &&
        chosen !== null && {
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: ink.text, opacity: 0.5, type: 'dashed' as const },
            label: { color: ink.text, formatter: 'result', position: 'insideEndTop' as const },
            data: [{ xAxis: chosen }],
          },
        }),
    })),
  };
}

/** Share of all training samples that each round had. */
export function coverageChart(
  rounds: readonly { readonly round: number; readonly sampleShare: number }[],
  ink: Ink = pageInk,
): EChartsOption {
  return {
    ...frame(ink),
    grid: { left: 44, right: 16, top: 12, bottom: 44 },
    xAxis: { ...axis(ink, 'round'), type: 'category', data: rounds.map(({ round }) => String(round)), nameGap: 26 },
    yAxis: {
      ...axis(ink, ''),
      type: 'value',
      min: 0,
      max: 100,
      axisLabel: { color: ink.text, formatter: '{value} %' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 26,
        data: rounds.map(({ sampleShare }) => ({
          value: Math.round(sampleShare * 1000) / 10,
          itemStyle: { color: sampleShare >= 0.9995 ? hues.first : hues.second, borderRadius: [2, 2, 0, 0] },
        })),
      },
    ],
  };
}
