import { type Identity, makeKeyChange } from '@consilium/shared/crypto';
import type { ConsortiumId, PublicKey } from '@consilium/shared/ids';
import type { CoordinatorHome } from './home.js';
import { keeperOf, type NextKeeper } from './keeper.js';

/** The coordinator's key, which may give way to the next one while everything goes on. */
export interface OwnKey {
  current(): Identity;
  /** The next key; null while there is none. */
  next(): Promise<NextKeeper | null>;
  /** The lead has certified a key: if it is the next one, it is the current one at once, and on the disk when this resolves. */
  certified(key: PublicKey): Promise<void>;
}

export function ownKey(home: CoordinatorHome, consortium: ConsortiumId): OwnKey {
  let identity = home.identity;
  let following: Identity | null = null;
  return {
    current: () => identity,
    async next() {
      const found = await home.nextIdentity();
      // It may have become the present one meanwhile.
      following = found?.publicKey === identity.publicKey ? null : found;
      if (following === null) return null;
      const change = makeKeyChange(identity, following, { consortium, role: 'coordinator', id: 'coordinator' });
      return { ...keeperOf(following), change };
    },
    async certified(key) {
      if (following?.publicKey !== key) return;
      identity = following;
      following = null;
      await home.succeed(identity);
    },
  };
}
