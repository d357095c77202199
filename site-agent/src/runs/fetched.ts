import type { BlobHash } from '@consilium/shared/ids';
import type { BlobFolder, Fetch } from './blob-folder.js';

/** Bytes of blobs that lie at a site for further runs. */
export const sharedBytes = 2 * 2 ** 30;

/** The blobs of one run at this site, and those that lie here for further runs as well. @throws CSM-AGENT-DISK */
export interface Fetched {
  /** Where a blob lies; null when it is not here as its hash says. */
  placeOf(hash: BlobHash): Promise<string | null>;
  /** Brings a blob here unless it is here, unaltered. @param lasts it may be of use to another run, too */
  obtain(hash: BlobHash, lasts: boolean, fetch: Fetch): Promise<string>;
}

/**
 * Each round makes another model: it lies in the run's own folder as long as the run needs it. What runs start from may be the same
 * for several: it lies in one folder of the site.
 */
export const openFetched = (own: BlobFolder, shared: BlobFolder, now: () => Date): Fetched => ({
  async placeOf(hash) {
    for (const folder of [own, shared]) if (await folder.holds(hash)) return folder.path(hash);
    return null;
  },
  async obtain(hash, lasts, fetch) {
    if (await own.holds(hash)) return own.path(hash);
    if (!lasts && !(await shared.holds(hash))) return own.obtain(hash, fetch);
    const path = await shared.obtain(hash, fetch);
    await shared.touch(hash, now());
    return path;
  },
});
