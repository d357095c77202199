export { type CaseResult, type ConformanceOptions, runConformance } from './run.js';
export { conformanceCases } from './table.js';
