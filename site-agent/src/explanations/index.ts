export { csvText } from './csv.js';
export { writeFindings } from './write-findings.js';
