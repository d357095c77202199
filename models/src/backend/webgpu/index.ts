export { startWebgpu, type WebgpuStart } from './start.js';
