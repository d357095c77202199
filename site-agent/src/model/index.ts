// Loads the models: for the trainer and for commands that judge a model, never for the agent.
export { readCarried, sealCarried } from './carried-file.js';
export { type CodedRound, codeUpdate, type TrainedRound } from './code-update.js';
export { buildModel, checkInput, loadWeights, type WeightFiles } from './contract-model.js';
export { correctionOf, readCommon, type Variates, variateAfter } from './control-variates.js';
export { assignLocal, encodeLocal } from './local-tensors.js';
export { encodeOnward, onwardPart } from './onward.js';
export { type OpenedModel, openExported } from './open-exported.js';
export { type AloneOptions, trainAlone } from './train-alone.js';
export { classWeightsOf, type TrainStep, trainStep } from './train-step.js';
