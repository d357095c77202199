import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { type Identity, sign, toText, verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import {
  type BlobHash,
  blobHash,
  type ConsortiumId,
  type PublicKey,
  publicKey,
  signature,
} from '@consilium/shared/ids';
import { z } from 'zod';

/** Signatures over calls are made under this domain. */
export const callDomain = 'consilium-call-1';
/** A call counts this long around the time that it names. */
export const callWindowMs = 60_000;
const nonceBytes = 16;

const names = {
  key: 'consilium-key',
  time: 'consilium-time',
  nonce: 'consilium-nonce',
  body: 'consilium-body',
  signature: 'consilium-signature',
} as const;

const callHeaders = z.object({
  [names.key]: publicKey,
  [names.time]: z.iso.datetime(),
  [names.nonce]: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** SHA-256 of the body: what is signed can so be checked before a byte of the body is read. */
  [names.body]: blobHash,
  [names.signature]: signature,
});

export interface CallTerms {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly consortium: ConsortiumId;
}

/** The headers that make a call the lead's. */
export function signCall(
  lead: Identity,
  call: CallTerms & {
    readonly body: Uint8Array;
    readonly now: Date;
    readonly random: (bytes: number) => Uint8Array;
  },
): Readonly<Record<string, string>> {
  const time = call.now.toISOString();
  const nonce = toText(call.random(nonceBytes));
  const bodyHash = sha256(call.body);
  return {
    [names.key]: lead.publicKey,
    [names.time]: time,
    [names.nonce]: nonce,
    [names.body]: bodyHash,
    [names.signature]: sign(lead, callDomain, signedBytes(call, { bodyHash, nonce, time })),
  };
}

/** A call whose headers the lead signed a moment ago; its body is still to come. */
export interface HeadOfCall {
  readonly nonce: string;
  /** From then on the nonce may be forgotten: the call's time alone refuses it. */
  readonly expires: Date;
  /** @throws CSM-API-SIGNATURE when it is not the body that was signed */
  check(body: Uint8Array): void;
}

/**
 * Checks a call's signature before its body is read, so that a stranger cannot make the coordinator swallow one.
 * @param headers in lower case, as Node gives them
 * @throws CSM-API-CALLER, CSM-API-CLOCK, CSM-API-SIGNATURE
 */
export function readCall(
  headers: Readonly<Record<string, unknown>>,
  call: CallTerms & { readonly lead: PublicKey; readonly now: Date },
): HeadOfCall {
  const parsed = callHeaders.safeParse(headers);
  if (!parsed.success || parsed.data[names.key] !== call.lead) fail('CSM-API-CALLER');
  const { [names.time]: time, [names.nonce]: nonce, [names.body]: bodyHash, [names.signature]: signed } = parsed.data;
  const apartMs = Math.abs(new Date(time).getTime() - call.now.getTime());
  if (apartMs > callWindowMs) {
    fail('CSM-API-CLOCK', { seconds: Math.round(apartMs / 1000), limit: callWindowMs / 1000 });
  }
  if (!verify(call.lead, callDomain, signedBytes(call, { bodyHash, nonce, time }), signed)) fail('CSM-API-SIGNATURE');
  return {
    nonce,
    expires: new Date(call.now.getTime() + 2 * callWindowMs),
    check(body) {
      if (sha256(body) !== bodyHash) fail('CSM-API-SIGNATURE');
    },
  };
}

/** Whether a call claims to be the lead's at all. */
export const isSigned = (headers: Readonly<Record<string, unknown>>): boolean => headers[names.key] !== undefined;

const signedBytes = (
  { consortium, method, path }: CallTerms,
  once: { readonly bodyHash: BlobHash; readonly nonce: string; readonly time: string },
): Uint8Array => canonicalBytes({ consortium, method, path, ...once });
