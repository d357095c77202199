export type { EChartsOption as ChartOption } from 'echarts';
export { hues, type Ink, pageInk } from './frame.js';
export * from './options.js';
export * from './rounds.js';
