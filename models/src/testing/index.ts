export { isRequired, numberBackends, type Rung, rungOf, webgpuRung } from './rungs.js';
