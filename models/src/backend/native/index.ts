export { type NativeStart, startNative } from './start.js';
