export * from './coded-error.js';
export { leaving, leavingDetails } from './leaving.js';
export { errorTable } from './table/index.js';
