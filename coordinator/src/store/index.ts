export * from './blobs.js';
export { openSqliteStore } from './sqlite.js';
export type { Queries, Store, Tx } from './store.js';
export * from './tables/index.js';
