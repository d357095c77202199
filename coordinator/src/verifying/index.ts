export type { ByteRange, Finding } from './finding.js';
export type { ExportFolder } from './folder.js';
export type { FoldCheck } from './replay.js';
export { type Verification, type VerifyOptions, verifyExport } from './verify-export.js';
