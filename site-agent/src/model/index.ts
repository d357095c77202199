// Loads the models: for the trainer and for commands that judge a model, never for the agent.
export { buildModel, checkInput, loadWeights } from './contract-model.js';
export { rootClassWeights, type TrainStep, trainStep } from './train-step.js';
