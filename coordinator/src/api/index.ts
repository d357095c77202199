export { type Api, openApi } from './api.js';
export * from './calls.js';
export * from './live/index.js';
export { openApiDocument } from './openapi.js';
export type { ApiLog, ApiOptions } from './options.js';
export { recordsOver } from './over-store.js';
export type { ApiRecords } from './stored.js';
