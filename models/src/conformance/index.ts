export type { Computation, ConformanceCase, Topic } from './case.js';
export { knownCase, operationCase, topics } from './case.js';
export { type CaseResult, type ConformanceOptions, runCase, runConformance } from './run.js';
export { conformanceCases } from './table.js';
