export { adoptionOf, type ShownKeys } from './adoption.js';
export { approvalOf } from './approval.js';
export { type Extended, extendRun } from './extension.js';
export { demandFingerprint, isFingerprint } from './fingerprints.js';
export { type Invited, invite } from './invitation.js';
export type { ListedKey, ListedMember } from './member.js';
export { revocationOf } from './revocation.js';
export { type CallTerms, callWindowMs, type HeadOfCall, isSigned, readCall, signCall } from './signed-call.js';
