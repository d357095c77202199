import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { type Identity, sign, toText, verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type ConsortiumId, type PublicKey, publicKey, signature } from '@consilium/shared/ids';
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
  signature: 'consilium-signature',
} as const;

const callHeaders = z.object({
  [names.key]: publicKey,
  [names.time]: z.iso.datetime(),
  [names.nonce]: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
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
  return {
    [names.key]: lead.publicKey,
    [names.time]: time,
    [names.nonce]: nonce,
    [names.signature]: sign(lead, callDomain, signedBytes(call, call.body, nonce, time)),
  };
}

/** A call whose headers are well-formed, recent and name the lead's key; its signature is not yet checked. */
export interface ClaimedCall {
  readonly nonce: string;
  /** From then on the nonce may be forgotten: the call's time alone refuses it. */
  readonly expires: Date;
  /** @throws CSM-API-SIGNATURE */
  check(body: Uint8Array): void;
}

/**
 * Looks at a call before its body is read, so that a stranger cannot make the coordinator swallow one.
 * @param headers in lower case, as Node gives them
 * @throws CSM-API-CALLER, CSM-API-CLOCK
 */
export function readCall(
  headers: Readonly<Record<string, unknown>>,
  call: CallTerms & { readonly lead: PublicKey; readonly now: Date },
): ClaimedCall {
  const parsed = callHeaders.safeParse(headers);
  if (!parsed.success || parsed.data[names.key] !== call.lead) fail('CSM-API-CALLER');
  const { [names.time]: time, [names.nonce]: nonce, [names.signature]: signed } = parsed.data;
  const apartMs = Math.abs(new Date(time).getTime() - call.now.getTime());
  if (apartMs > callWindowMs) {
    fail('CSM-API-CLOCK', { seconds: Math.round(apartMs / 1000), limit: callWindowMs / 1000 });
  }
  return {
    nonce,
    expires: new Date(call.now.getTime() + 2 * callWindowMs),
    check(body) {
      if (!verify(call.lead, callDomain, signedBytes(call, body, nonce, time), signed)) fail('CSM-API-SIGNATURE');
    },
  };
}

/** Whether a call claims to be the lead's at all. */
export const isSigned = (headers: Readonly<Record<string, unknown>>): boolean => headers[names.key] !== undefined;

const signedBytes = (call: CallTerms, body: Uint8Array, nonce: string, time: string): Uint8Array =>
  canonicalBytes({
    consortium: call.consortium,
    method: call.method,
    path: call.path,
    bodyHash: sha256(body),
    nonce,
    time,
  });
