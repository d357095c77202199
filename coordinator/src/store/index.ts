export * from './blobs.js';
export { nameCopy, type PinnedBlobs, pinBlobs, snapshotDatabase } from './copies.js';
export { type Disk, type FileHandle, hasCode, realDisk, withSpace } from './disk.js';
export { type DiskUsage, diskUsage } from './disk-usage.js';
export { type BlobFolderOptions, holdsBlobs, openBlobFolder } from './folder.js';
export { memoryBlobs } from './memory-blobs.js';
export { openSqliteStore } from './sqlite.js';
export type { Queries, Store, Tx } from './store.js';
export * from './tables/index.js';
