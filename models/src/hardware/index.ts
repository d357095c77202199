export { type Hardware, readHardware } from './hardware.js';
export { type NvidiaGpu, nvidiaTool, parseNvidiaGpus } from './nvidia.js';
