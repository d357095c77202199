import { type Identity, type KeyChange, sign } from '@consilium/shared/crypto';
import type { PublicKey } from '@consilium/shared/ids';
import type { SignJournal } from '@consilium/shared/journal';

/** Who signs the coordinator's journals. */
export interface Keeper {
  readonly publicKey: PublicKey;
  readonly sign: SignJournal;
}

/** The next one, whom the present one has named. */
export interface NextKeeper extends Keeper {
  readonly change: KeyChange;
}

export const keeperOf = (identity: Identity): Keeper => ({
  publicKey: identity.publicKey,
  sign: (domain, bytes) => sign(identity, domain, bytes),
});
