import type { EChartsOption } from 'echarts';
import { axis, frame, hues, type Ink, legend, pageInk, roundAxis, valueAxis } from './frame.js';

/** A figure over the rounds; `x` counts rounds through all stages. */
export interface RoundLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, value: number | null])[];
  /** `main` is drawn strongly, `plain` in its own hue, `faint` in grey behind the others and out of the legend. */
  readonly weight: 'main' | 'plain' | 'faint';
  /** 95 % intervals of the points. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
}

export interface RoundMarks {
  /** The round whose model is the result so far. */
  readonly chosen: number | null;
  /** Where each stage after the first begins. */
  readonly stages: readonly { readonly name: string; readonly x: number }[];
}

/** With more points than this a line is drawn without dots, and the drawing is kept light. */
const manyPoints = 40;

/** Figures over the rounds, with intervals, stages and the chosen round. */
export function roundsChart(lines: readonly RoundLine[], marks: RoundMarks, ink: Ink = pageInk): EChartsOption {
  const hueOf = huesOf(lines);
  const bands = lines.flatMap((line) => (line.band === undefined ? [] : bandOf(line, line.band, hueOf(line))));
  const shown = lines.filter(({ weight }) => weight !== 'faint').map(({ name }) => name);
  return {
    ...frame(ink),
    legend: { ...legend(ink), data: shown, type: 'scroll', icon: 'roundRect', itemHeight: 4, right: 0 },
    grid: { left: 46, right: 18, top: 52, bottom: 44 },
    tooltip: { trigger: 'axis' },
    xAxis: roundAxis(ink),
    yAxis: { ...valueAxis(ink, ''), scale: true },
    series: [
      ...bands,
      ...lines.map((line, index) => ({
        name: line.name,
        type: 'line' as const,
        data: line.points.map(([x, value]) => [x, value ?? '-']),
        symbol: 'circle',
        symbolSize: line.weight === 'faint' || line.points.length > manyPoints ? 0 : 5,
        showSymbol: line.weight !== 'faint',
        connectNulls: false,
        color: hueOf(line),
        lineStyle: { width: line.weight === 'main' ? 3 : line.weight === 'plain' ? 2 : 1, color: hueOf(line) },
        itemStyle: { color: hueOf(line) },
        z: line.weight === 'main' ? 4 : line.weight === 'plain' ? 3 : 2,
        silent: line.weight === 'faint',
        ...(line.weight === 'faint' && { tooltip: { show: false } }),
        ...(index === 0 && { markLine: marksOf(marks, ink) }),
      })),
    ],
  };
}

function huesOf(lines: readonly RoundLine[]): (line: RoundLine) => string {
  const own = lines.filter(({ weight }) => weight !== 'faint');
  const palette = Object.values(hues);
  return (line) => (line.weight === 'faint' ? faintHue : palette[own.indexOf(line) % palette.length]!);
}

/** Readable on light and dark grounds, and behind everything else. */
const faintHue = '#8a96a188';

/** Two stacked lines without strokes: the lower bound, and upon it the width of the interval, filled. */
function bandOf(line: RoundLine, band: NonNullable<RoundLine['band']>, colour: string) {
  const common = {
    type: 'line' as const,
    stack: `interval of ${line.name}`,
    stackStrategy: 'all' as const,
    symbol: 'none',
    silent: true,
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
    z: 1,
  };
  return [
    { ...common, name: `${line.name}, from`, data: band.map(([x, low]) => [x, low]) },
    {
      ...common,
      name: `${line.name}, to`,
      data: band.map(([x, low, high]) => [x, high - low]),
      areaStyle: { color: colour, opacity: 0.16 },
    },
  ];
}

const marksOf = ({ chosen, stages }: RoundMarks, ink: Ink) => ({
  silent: true,
  symbol: 'none',
  label: { color: ink.text, position: 'end' as const },
  data: [
    ...(chosen === null
      ? []
      : [
          {
            xAxis: chosen,
            label: { formatter: 'result' },
            lineStyle: { color: ink.text, opacity: 0.5, type: 'dashed' as const },
          },
        ]),
    ...stages.map(({ name, x }) => ({
      xAxis: x,
      label: { formatter: name },
      lineStyle: { color: ink.text, opacity: 0.3, type: 'solid' as const },
    })),
  ],
});

/** What a site did in a round. */
export const turns = ['took part', 'missing, excused', 'missing', 'left'] as const;
export type Turn = (typeof turns)[number];

/** Light to dark besides their hues, so that they differ for every eye. */
export const turnHues: Readonly<Record<Turn, string>> = {
  'took part': hues.first,
  'missing, excused': '#a9b4bd',
  missing: hues.second,
  left: hues.fourth,
};

/** Who took part in which round: a row for each site, a column for each round. */
export function turnoutChart(
  sites: readonly string[],
  rounds: readonly string[],
  /** By site, then by round; null where the site was not asked. */
  turnout: readonly (readonly (Turn | null)[])[],
  ink: Ink = pageInk,
): EChartsOption {
  const cells = turnout.flatMap((row, y) =>
    row.flatMap((turn, x) => (turn === null ? [] : [[x, y, turns.indexOf(turn)]])),
  );
  const gap = rounds.length > 120 ? 0 : 1;
  return {
    ...frame(ink),
    grid: { left: 8, right: 12, top: 6, bottom: 44, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: { trigger: 'item' },
    xAxis: { ...axis(ink, 'round'), type: 'category', data: [...rounds], nameGap: 26, splitLine: { show: false } },
    yAxis: {
      ...axis(ink, ''),
      type: 'category',
      inverse: true,
      data: [...sites],
      axisLabel: { color: ink.text, width: 110, overflow: 'truncate' },
      splitLine: { show: false },
    },
    visualMap: {
      show: false,
      type: 'piecewise',
      dimension: 2,
      pieces: turns.map((turn, value) => ({ value, color: turnHues[turn] })),
    },
    series: [
      {
        type: 'heatmap',
        data: cells,
        progressive: 20_000,
        itemStyle: { borderWidth: gap, borderColor: ink.ground ?? 'transparent', borderRadius: gap === 0 ? 0 : 2 },
        emphasis: { disabled: true },
      },
    ],
  };
}

/** How many sites stood behind each round, and how many did not; those that may still come are left blank. */
export function countsChart(
  rounds: readonly {
    readonly name: string;
    readonly accepted: number;
    readonly absent: number;
    readonly asked: number;
  }[],
  ink: Ink = pageInk,
): EChartsOption {
  const bars = (name: 'took part' | 'missing', values: readonly number[]) => ({
    ...{ name, type: 'bar' as const, stack: 'sites', data: [...values], barCategoryGap: '10%', large: true },
    ...{ color: turnHues[name], itemStyle: { color: turnHues[name] } },
  });
  return {
    ...frame(ink),
    legend: { ...legend(ink), icon: 'roundRect', right: 0 },
    grid: { left: 46, right: 18, top: 40, bottom: 44 },
    tooltip: { trigger: 'axis' },
    xAxis: {
      ...axis(ink, 'round'),
      ...{ type: 'category', data: rounds.map(({ name }) => name), nameGap: 26, splitLine: { show: false } },
    },
    yAxis: {
      ...valueAxis(ink, 'sites'),
      ...{ min: 0, max: Math.max(1, ...rounds.map(({ asked }) => asked)), minInterval: 1 },
    },
    series: [
      bars(
        'took part',
        rounds.map(({ accepted }) => accepted),
      ),
      bars(
        'missing',
        rounds.map(({ absent }) => absent),
      ),
    ],
  };
}

/** Height in pixels of a drawing of numbers by round. */
export const countsHeight = 240;

/** Height in pixels for so many sites. */
export const turnoutHeight = (sites: number): number =>
  56 + Math.max(16, Math.min(30, 900 / Math.max(1, sites))) * sites;
