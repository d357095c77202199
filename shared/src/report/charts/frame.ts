import type { EChartsOption } from 'echarts';

/** Colours of a drawing's text and lines. `currentColor` in SVG follows the page, light or dark; a canvas needs real ones. */
export interface Ink {
  readonly text: string;
  readonly line: string;
  /** Of the ground that it is drawn on, where known. */
  readonly ground?: string;
  /** Writes a number in the reader's manner; as JavaScript does where left out. */
  readonly number?: (value: number) => string;
}

export const pageInk: Ink = { text: 'currentColor', line: '#8883' };

/** Hues that hold on light and dark grounds and for colour-blind readers. */
export const hues = { first: '#159a8c', second: '#d98a1f', third: '#7d74e8', fourth: '#c2557a' } as const;

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** What all drawings have in common. */
export const frame = (ink: Ink): EChartsOption => ({
  animation: false,
  textStyle: { color: ink.text, fontFamily: font, fontSize: 12 },
  color: Object.values(hues),
});

/** An axis with its name along its middle. */
export const axis = (ink: Ink, name: string) => ({
  name,
  nameLocation: 'middle' as const,
  nameTextStyle: { color: ink.text },
  axisLabel: { color: ink.text, hideOverlap: true },
  axisLine: { lineStyle: { color: ink.line } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: ink.line } },
});

/** Names of the series, above on the left. */
export const legend = (ink: Ink) => ({
  top: 0,
  left: 0,
  itemWidth: 14,
  itemHeight: 10,
  itemGap: 24,
  textStyle: { color: ink.text },
});

/** An axis of numbers, written in the reader's manner. */
export const valueAxis = (ink: Ink, name: string) => ({
  ...axis(ink, name),
  type: 'value' as const,
  axisLabel: { color: ink.text, hideOverlap: true, ...(ink.number && { formatter: ink.number }) },
});

/** The axis of rounds: whole numbers, from the first to the last that there is. */
export const roundAxis = (ink: Ink) => ({
  ...axis(ink, 'round'),
  type: 'value' as const,
  min: 'dataMin' as const,
  max: 'dataMax' as const,
  minInterval: 1,
  nameGap: 26,
  splitLine: { show: false },
});
