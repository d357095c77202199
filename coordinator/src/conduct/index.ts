export { poolEvaluations } from './pool-evaluations.js';
export * from './presence.js';
export { createReassigner } from './reassign.js';
export * from './runs.js';
export * from './site-desk.js';
export type { StepTimes } from './step-times.js';
export * from './view.js';
export type { LiveSite } from './view-of.js';
