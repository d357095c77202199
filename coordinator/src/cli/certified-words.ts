import { canonicalBytes } from '@consilium/shared/canonical';
import { type Certificate, certificate, certificateDomain, verify } from '@consilium/shared/crypto';
import type { PublicKey } from '@consilium/shared/ids';
import { readJournal } from '@consilium/shared/journal';
import { z } from 'zod';
import { getConsortiumJournal } from '../api/calls.js';
import type { LeadSession } from './session.js';

/** Every word of this lead on keys, former and revoked ones too, as the consortium's journal holds them. */
export async function certifiedWords(
  { client, lead, home }: Pick<LeadSession, 'client' | 'lead' | 'home'>,
  signal: AbortSignal,
): Promise<readonly Certificate[]> {
  const words: Certificate[] = [];
  for await (const { body } of readJournal((await client.stream(getConsortiumJournal, { signal })).body)) {
    const parsed = z.looseObject({ certificate }).safeParse(body);
    if (!parsed.success) continue;
    const { body: word, signature } = parsed.data.certificate;
    const isOurs = verify(lead.publicKey, certificateDomain, canonicalBytes(word), signature);
    if (isOurs && word.consortium === home.consortium) words.push(parsed.data.certificate);
  }
  return words;
}

/** Every key that these words name for the coordinator: one that it changed signed what was done by then. */
export const coordinatorKeysOf = (words: readonly Certificate[]): readonly PublicKey[] =>
  words.flatMap(({ body: { role, publicKey } }) => (role === 'coordinator' ? [publicKey] : []));
