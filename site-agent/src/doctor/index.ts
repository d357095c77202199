export { examine } from './examine.js';
export { type Examination, examination, type Finding, worstOf } from './finding.js';
export { thisHost } from './host.js';
export { showFinding, showSum } from './show.js';
