export type { Job, JobResult, Setting, TrainerProgress } from './messages.js';
export { backendWord } from './messages.js';
export { createTrainer, type Trainer, type TrainerOptions, threadVariables } from './trainer.js';
