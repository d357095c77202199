import {
  type Certificate,
  checkKeyChange,
  checkWord,
  type Identity,
  issueCertificate,
  type KeyChange,
} from '@consilium/shared/crypto';
import type { ConsortiumId, PublicKey } from '@consilium/shared/ids';
import { demandFingerprint, isFingerprint } from './fingerprints.js';

/** What a coordinator shows of its keys. */
export interface ShownKeys {
  readonly publicKey: PublicKey;
  /** The newest that it was given. */
  readonly certificate: Certificate | null;
  /** The key that its operator made to come next. */
  readonly next: { readonly publicKey: PublicKey; readonly change: KeyChange } | null;
}

/**
 * The certificate of a coordinator, or of its next key in the place of the one before. The same key keeps its certificate; another one
 * gets the next revision, so that the old one ends with it.
 * @param known what the lead's own folder holds; the coordinator may show a later word, as one that never reached that folder
 * @param given the fingerprint that the operator read out
 * @throws CSM-LEAD-FINGERPRINT, CSM-KEY-CHANGE, CSM-KEY-CERTIFICATE when it shows a word that is not the lead's
 */
export function adoptionOf(
  lead: Identity,
  {
    consortium,
    shown,
    known,
    given,
  }: {
    readonly consortium: ConsortiumId;
    readonly shown: ShownKeys;
    readonly known: Certificate | null;
    readonly given: string;
  },
): { readonly certificate: Certificate; readonly isNext: boolean } {
  const { next } = shown;
  const isNext = next !== null && isFingerprint(next.publicKey, given);
  const publicKey = isNext ? next.publicKey : shown.publicKey;
  demandFingerprint('the coordinator', publicKey, given);
  const holder = { consortium, role: 'coordinator', id: 'coordinator' } as const;
  const newest = [known, shown.certificate]
    .flatMap((word) => (word === null ? [] : [checkWord(word, { lead: lead.publicKey, ...holder })]))
    .reduce(
      (one: CertificateFacts | null, other) => (one !== null && one.revision >= other.revision ? one : other),
      null,
    );
  if (isNext) checkKeyChange(next.change, { ...holder, from: newest?.publicKey ?? shown.publicKey });
  const revision = newest === null ? 1 : newest.publicKey === publicKey ? newest.revision : newest.revision + 1;
  return { certificate: issueCertificate(lead, { ...holder, publicKey, revision, revoked: false }), isNext };
}

type CertificateFacts = Pick<Certificate['body'], 'publicKey' | 'revision'>;
