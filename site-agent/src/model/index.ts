// Loads the models: for the trainer and for commands that judge a model, never for the agent.
export { buildModel, checkInput, loadWeights, type WeightFiles } from './contract-model.js';
export { assignLocal, encodeLocal } from './local-tensors.js';
export { type OpenedModel, openExported } from './open-exported.js';
export { type AloneOptions, trainAlone } from './train-alone.js';
export { classWeightsOf, type TrainStep, trainStep } from './train-step.js';
