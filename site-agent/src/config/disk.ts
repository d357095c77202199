import * as promises from 'node:fs/promises';

/** What changes files on a site's disk. A test may hand in one that fails. */
export type Disk = Pick<typeof promises, 'open' | 'mkdir' | 'rename' | 'rm'>;

export const realDisk: Disk = promises;
