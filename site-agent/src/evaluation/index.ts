export { type Evaluated, type EvaluateOptions, evaluateModel } from './evaluate-model.js';
export { writeReport } from './write-report.js';
