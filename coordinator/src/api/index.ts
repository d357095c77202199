export { type Api, openApi } from './api.js';
export * from './live/index.js';
export { openApiDocument } from './openapi.js';
export type { ApiLog, ApiOptions } from './options.js';
export { recordsOver } from './over-store.js';
export { type Problem, problem } from './problem.js';
export * from './routes/index.js';
export type { AnyShape, JsonShape, MediaShape } from './shape.js';
export type { ApiRecords } from './stored.js';
