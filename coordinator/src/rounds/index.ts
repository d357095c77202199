export * from './apply.js';
export { better } from './choice.js';
export * from './coverage.js';
export * from './decide.js';
export { entailed } from './entailed.js';
export { extensionFault } from './extension.js';
export * from './headway.js';
export { baseBlobs, type KeptRound, madeBlobs } from './kept.js';
export {
  isExcused,
  isReadmitted,
  isWaitedForAgain,
  mayReturn,
  quorumOf,
  type Shortfall,
  sampleShare,
  shortfalls,
} from './participation.js';
export * from './records.js';
export { samplesOf, shareBehind } from './samples.js';
export { type ReportStanding, reportStandings } from './site-reports.js';
export * from './state.js';
export * from './work.js';
