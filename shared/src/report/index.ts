export { type BesideCounts, type FigureSum, figureName, type Panel, type Score } from './beside.js';
export * from './evaluation-blob.js';
export * from './run-report.js';
export * from './sign-report.js';
export * from './site-report.js';
