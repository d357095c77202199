import { createIdentity, type Identity, type KeyChange, keyChange, makeKeyChange } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import {
  adopt,
  type Disk,
  type Enrolment,
  openKey,
  openKeyIfThere,
  readJsonIfThere,
  realDisk,
  type SiteHome,
  withDisk,
  writeKey,
  writeWhole,
} from '../config/index.js';

/** A key that is to follow the site's present one, and what both signed of it. */
export interface NextKey {
  readonly identity: Identity;
  readonly change: KeyChange;
}

/** The keys of a site at work: the one that it signs with and, while it changes, the one that comes next. */
export interface SiteKeys {
  current(): Identity;
  /** What `rekey` has made and the lead has not certified yet; null while there is none. */
  next(): NextKey | null;
  /** Looks whether `rekey` has made one meanwhile. @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-AGENT-DISK */
  look(): Promise<NextKey | null>;
  /** The lead has certified the next key: it is the current one at once, and on the disk when this resolves. @throws CSM-AGENT-DISK */
  adopt(): Promise<void>;
  /** The change by which the current key came and that the ledger may not tell of yet; null when it does. */
  unnoted(): KeyChange | null;
  /** The ledger tells of it. @throws CSM-AGENT-DISK */
  noted(): Promise<void>;
}

/** @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-CLISITE-NOT-ENROLLED, CSM-AGENT-DISK */
export async function openSiteKeys(home: SiteHome, passphrase: string, disk: Disk = realDisk): Promise<SiteKeys> {
  let identity = await openKey(home, passphrase);
  const left = await readChange(home);
  let unnoted = left?.body.to === identity.publicKey ? left : null;
  let next: NextKey | null = null;

  async function look(): Promise<NextKey | null> {
    if (next !== null || unnoted !== null) return next;
    const change = await readChange(home);
    if (change?.body.from !== identity.publicKey) return null;
    const made = await openKeyIfThere(home.nextKey, passphrase);
    if (made?.publicKey === change.body.to) next = { identity: made, change };
    return next;
  }

  await look();
  return {
    current: () => identity,
    next: () => next,
    look,
    async adopt() {
      if (next === null) return;
      identity = next.identity;
      unnoted = next.change;
      next = null;
      await adopt(home.nextKey, home.key, disk);
    },
    unnoted: () => unnoted,
    async noted() {
      unnoted = null;
      await withDisk(home.keyChange, () => disk.rm(home.keyChange, { force: true }));
    },
  };
}

/**
 * Makes the key that is to follow the site's present one, and has both sign that it does; what was begun before goes on. The agent
 * may run meanwhile, and finds it.
 * @throws CSM-KEY-PASSPHRASE, CSM-KEY-CHANGE when the change before is not done, CSM-CLISITE-NOT-ENROLLED, CSM-AGENT-DISK
 */
export async function makeNextKey(
  home: SiteHome,
  { site, consortium }: Enrolment,
  passphrase: string,
  disk: Disk = realDisk,
): Promise<NextKey> {
  const present = await openKey(home, passphrase);
  const before = await readChange(home);
  if (before?.body.to === present.publicKey) {
    fail('CSM-KEY-CHANGE', { id: site, problem: 'the one before is not done; start the agent first' });
  }
  const identity = (await openKeyIfThere(home.nextKey, passphrase)) ?? createIdentity();
  await writeKey(home.nextKey, identity, passphrase, disk);
  const change = makeKeyChange(present, identity, { consortium, role: 'site', id: site });
  await writeWhole(home.keyChange, JSON.stringify(change), disk);
  return { identity, change };
}

async function readChange({ keyChange: file }: SiteHome): Promise<KeyChange | null> {
  return keyChange.safeParse(await readJsonIfThere(file)).data ?? null;
}
