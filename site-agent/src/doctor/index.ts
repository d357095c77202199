export { type ExamineOptions, examine, type WayOut } from './examine.js';
export { type Examination, examination, type Finding, type FindingState, finding, worstOf } from './finding.js';
export { type Host, thisHost } from './host.js';
export { showFinding, showSum } from './show.js';
