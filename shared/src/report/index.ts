export * from './evaluation-blob.js';
export * from './report-html.js';
export * from './run-report.js';
export * from './run-report-html.js';
export * from './sign-report.js';
export * from './site-report.js';
