export { climb, type Ladder, type RungStanding } from './ladder.js';
export { type RunningBackend, rungs, runningBackend, type TestedCase, type TrialRequest } from './messages.js';
export type { Speed } from './product.js';
export { type TryBackend, tryBackend } from './trial.js';
