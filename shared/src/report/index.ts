export type { BesideCounts, FigureSum, Panel, Score } from './beside.js';
export * from './evaluation-blob.js';
export {
  figureName,
  isOfSome,
  localOnly,
  nameInGroup,
  nameInSubgroup,
  previousModel,
  rivalModels,
} from './figure-name.js';
export * from './run-report.js';
export * from './sign-report.js';
export * from './site-report.js';
