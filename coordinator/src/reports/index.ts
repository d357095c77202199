export * from './run-report-of.js';
