export { openLive } from './live.js';
export { type LiveRun, type LiveState, livePath, liveRun, liveState, pageNamespace, watchRequest } from './shapes.js';
