export { namesOf } from './contract-names.js';
export { type Egress, type Outbound, type OwnStatus, openEgress } from './egress.js';
export { type Ledger, openLedger } from './ledger.js';
export { isLeft, leaveRun, refuseLeft } from './left-runs.js';
export { admit, recall } from './memory.js';
