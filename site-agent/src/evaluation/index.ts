// Loads the models: for the trainer and for commands that judge a model, never for the agent.

export { type Evaluated, type EvaluateOptions, evaluateModel, type Rival } from './evaluate-model.js';
export { saysSynthetic } from './says-synthetic.js';
