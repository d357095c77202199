import type { Certificate, InvitationId, KeyChange } from '@consilium/shared/crypto';
import type { PublicKey, SiteId } from '@consilium/shared/ids';

/** What the lead must know of a hospital to let it in or to end its key; a coordinator lists it. */
export interface ListedMember {
  readonly site: SiteId;
  /** The newest, which may be one of revocation. */
  readonly certificate: Certificate | null;
  /** A key that waits for the lead's word. */
  readonly pending: ListedKey | null;
}

/** It came with a code, or the hospital's present key has named it as the next one. */
export type ListedKey =
  | {
      readonly publicKey: PublicKey;
      readonly invitation: InvitationId;
      /** Base64url; null where the code was not derived from the lead's key. */
      readonly nonce: string | null;
      readonly leadProof: string;
    }
  | { readonly publicKey: PublicKey; readonly change: KeyChange };
