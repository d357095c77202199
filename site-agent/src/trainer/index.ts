export type { Job, JobResult, Setting, TrainerBackend, TrainerProgress } from './messages.js';
export { loadWeights, rootClassWeights, trainStep } from './train-step.js';
export { createTrainer, type Trainer, type TrainerOptions } from './trainer.js';
