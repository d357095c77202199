// Weights that others trained, or an earlier run: which tensors of a file a model starts from.
export { importPlan, type PlannedImport, type PlannedStage, type StagePlan, type Taken } from './plan.js';
export { sentencesOf } from './sentences.js';
export { takeTensors } from './take.js';
