export type { LayerMaps } from './grad-cam.js';
export { gradCam } from './grad-cam.js';
export type { Attribution, IntegratedGradientsOptions } from './integrated-gradients.js';
export { integratedGradients } from './integrated-gradients.js';
export type { Matrix } from './rollout.js';
export { attentionRollout } from './rollout.js';
export type { ShapleyOptions, ShapleyValues } from './shapley.js';
export { sampledShapley } from './shapley.js';
