export { runTables } from './run-tables.js';
export { siteTables } from './site-tables.js';
export { csvOf, type Table, withheldMark } from './table.js';
