export { keylessEnvironment } from './keyless.js';
export * from './tether.js';
