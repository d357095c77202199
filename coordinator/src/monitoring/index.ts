export { metricFamilies } from './families.js';
export { type ObservedRooms, observe } from './observe.js';
export { type Metrics, openMetrics } from './registry.js';
export type { Snapshot } from './snapshot.js';
