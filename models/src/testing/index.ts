export { isRequired, type Rung, rungOf, webgpuRung } from './rungs.js';
