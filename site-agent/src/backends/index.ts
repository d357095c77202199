export { climb, type Ladder, type RungStanding } from './ladder.js';
export { type Rung, type RunningBackend, rungs, type TestedCase, type TrialRequest } from './messages.js';
export type { Speed } from './product.js';
export { type TrialOptions, type TrialResult, type TryBackend, tryBackend } from './trial.js';
