export { startWasm, wasmBackend } from './start.js';
