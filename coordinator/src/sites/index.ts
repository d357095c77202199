export * from './records.js';
export * from './roster.js';
export * from './sites.js';
