export { type Choose, isBetter } from './choice.js';
export * from './contract.js';
export { type FeatureBags, imageFeatures, type SiteFiles, siteFiles } from './data/index.js';
export { checkExtensions, type Extension, extendContract, extensionOf, isOrExtends, originalOf } from './extension.js';
export { featureList, karyotypeBands, namedFiles, parseFeatureList, transformsOf } from './feature-list.js';
export { type GeneLengths, geneLengths } from './gene-lengths.js';
export { type ImagePreparation, type StainReference, stainReference } from './image-preparation.js';
export { type InputShape, inputOf, inputShape } from './input.js';
export { batchesOf, localSteps } from './local-steps.js';
export * from './make-contract.js';
export { caveatOf, copiesBeforeSplit, type Oversampling, oversamplingOf } from './preparation.js';
export { type PreparationName, passesOf, preparationName } from './preparation-steps.js';
export { previousFault } from './previous.js';
export { rateFactor } from './rate-factor.js';
export { type RateSchedule, rateSchedule } from './rate-schedule.js';
export { readRunFile } from './read-run-file.js';
export { keptRounds } from './retention.js';
export * from './run-file.js';
export { groupsOfStage, hasStageGroups, trainedGroups } from './stage-groups.js';
export { onlyStage, type Stage, stageAt, stagesOf } from './stages.js';
export * from './steps.js';
export { leastSites, type StrategySettings, strategyText } from './strategy.js';
export {
  bandNames,
  bandOf,
  isHeading,
  notStated,
  otherValues,
  type Subgroup,
} from './subgroups.js';
export { stage } from './training.js';
export * from './transforms.js';
export { type UpdateSettings, updateCoding, updateSettings, updateText } from './update.js';
