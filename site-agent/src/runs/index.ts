export { type Means, type Outcome, obey } from './obey.js';
export { tidyOtherRuns } from './other-runs.js';
