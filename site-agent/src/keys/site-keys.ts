import {
  createIdentity,
  type Identity,
  identityOf,
  type KeyChange,
  keyChange,
  makeKeyChange,
  secretReader,
} from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import {
  type Disk,
  type Enrolment,
  openKey,
  openKeyIfThere,
  readIfThere,
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
  /** What `rekey` has made and the lead has not certified yet, when it was last looked for; null while there is none. */
  next(): NextKey | null;
  /** Looks whether `rekey` has made one meanwhile, or another one. @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-AGENT-DISK */
  look(): Promise<NextKey | null>;
  /** The lead has certified a key that was next: it is the current one at once; the disk follows by `keep`. */
  adopt(key: PublicKey): void;
  /** The current key is in its place on the disk when this resolves. @throws CSM-AGENT-DISK */
  keep(): Promise<void>;
  /** The change by which the current key came and that the ledger may not tell of yet; null when it does. */
  unnoted(): KeyChange | null;
  /** The ledger tells of it, and nothing of the change is left beside the key. @throws CSM-AGENT-DISK */
  noted(): Promise<void>;
}

/** @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-CLISITE-NOT-ENROLLED, CSM-AGENT-DISK */
export async function openSiteKeys(home: SiteHome, passphrase: string, disk: Disk = realDisk): Promise<SiteKeys> {
  let identity = await openKey(home, passphrase);
  // A file that cannot be read stops nobody whose present key is well; who looks again is told of it.
  const left = await readChange(home).catch(() => null);
  let unnoted = left?.body.to === identity.publicKey ? left : null;
  let isKept = true;
  let next: NextKey | null = null;
  /** All that were next: what the lead certifies may be one before the newest. */
  const offered = new Map<PublicKey, NextKey>();
  const openNext = secretReader(passphrase, home.nextKey);

  async function look(): Promise<NextKey | null> {
    if (unnoted !== null) return null;
    const change = await readChange(home);
    if (change?.body.from !== identity.publicKey || change.body.to === next?.change.body.to) return next;
    const sealed = await readIfThere(home.nextKey);
    if (sealed === null) return next;
    const made = identityOf(await openNext(Buffer.from(sealed).toString('utf8')));
    if (made.publicKey !== change.body.to) return next;
    next = { identity: made, change };
    offered.set(made.publicKey, next);
    return next;
  }

  await look().catch(() => null);
  return {
    current: () => identity,
    next: () => next,
    look,
    adopt(key) {
      const certified = offered.get(key);
      if (certified === undefined) return;
      identity = certified.identity;
      unnoted = certified.change;
      isKept = false;
      next = null;
      offered.clear();
    },
    async keep() {
      if (isKept || unnoted === null) return;
      // Another key may have been made meanwhile: the disk takes the one that was certified. Its change first, since a ledger that the
      // former key has signed opens to the new one by that alone.
      const kept = await readChange(home).catch(() => null);
      if (kept?.body.to !== identity.publicKey) await writeWhole(home.keyChange, JSON.stringify(unnoted), disk);
      await writeKey(home.key, identity, passphrase, disk);
      isKept = true;
    },
    unnoted: () => unnoted,
    async noted() {
      // The change last: while it is there, this is done again.
      for (const file of [home.nextKey, home.keyChange]) {
        await withDisk(file, () => disk.rm(file, { force: true }));
      }
      unnoted = null;
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
  const refuse = (problem: string): never => fail('CSM-KEY-CHANGE', { id: site, problem });
  const sealed = await sealedKey(home);
  const present = await openKey(home, passphrase);
  if ((await readChange(home))?.body.to === present.publicKey) {
    refuse(
      'the one before is not done: a running agent ends it within seconds, or its log says what keeps it from that',
    );
  }
  const kept = await openKeyIfThere(home.nextKey, passphrase);
  const isOther = kept !== null && kept.publicKey !== present.publicKey;
  const identity = isOther ? kept : createIdentity();
  if (!isOther) await writeKey(home.nextKey, identity, passphrase, disk);
  const change = makeKeyChange(present, identity, { consortium, role: 'site', id: site });
  if ((await sealedKey(home)) !== sealed) refuse('the present key was replaced in this moment; type it again');
  await writeWhole(home.keyChange, JSON.stringify(change), disk);
  return { identity, change };
}

const sealedKey = async ({ key }: SiteHome): Promise<string> => Buffer.from((await readIfThere(key)) ?? []).toString();

async function readChange({ keyChange: file }: SiteHome): Promise<KeyChange | null> {
  return keyChange.safeParse(await readJsonIfThere(file)).data ?? null;
}
