export { agreementLimit, gradients, greatestDistance, held, type Result, results, sample } from './agreement.js';
export { startCpu } from './cpu.js';
export {
  type Activation,
  fusedKernel,
  namedSaved,
  output,
  withPlainForms,
} from './fused-kernels.js';
export { type InPlaceAdam, inPlaceAdam } from './in-place-adam.js';
export {
  type BackendChoice,
  type BackendInfo,
  type BackendOptions,
  type DeviceDemand,
  useBackend,
} from './ladder.js';
export { dropoutThreshold, eachPhiloxWord, philoxSteps } from './philox.js';
export { tf } from './tensorflow.js';
