export { runReportHtml } from './run-report-html.js';
export { reportHtml } from './site-report-html.js';
