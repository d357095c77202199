import { hex } from '@scure/base';
import { z } from 'zod';
import { hkdfSha256, hmacSha256, randomBytes, sameBytes, sha256 } from '#primitives';
import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type ConsortiumId, consortiumId, type PublicKey, type SiteId, siteId } from '../ids.js';
import { fromText, join, readText, toText, utf8 } from './bytes.js';
import { type Identity, publicKeyBytes, seedBytes } from './keys.js';

const prefix = 'consilium1-';
const secretBytes = 16;
const nonceBytes = 16;
const consortiumBytes = 16;
const checksumBytes = 4;
const fixedBytes = publicKeyBytes + consortiumBytes + secretBytes + 6;
const proofBytes = 32;
/** No honest code is longer; anything above is not looked at. */
const maxCodeCharacters = 2048;

const proof = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** An invitation's public name, derived from the code's secret: 16 bytes in hex. */
export const invitationId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'InvitationId'>();
export type InvitationId = z.infer<typeof invitationId>;

/** What a site shows of its code: neither the secret nor anything that it can be computed from. */
export const enrolmentProof = z.strictObject({ invitation: invitationId, gateProof: proof, leadProof: proof });
export type EnrolmentProof = z.infer<typeof enrolmentProof>;

/** The three things that come of a code's secret. The coordinator is given the first two, the lead keeps the third. */
export interface EnrolmentKeys {
  readonly invitation: InvitationId;
  readonly gateKey: Uint8Array;
  readonly leadKey: Uint8Array;
}

export interface EnrolmentCode {
  /** `https://…` of the coordinator. */
  readonly address: string;
  readonly lead: PublicKey;
  readonly consortium: ConsortiumId;
  readonly site: SiteId;
  readonly notAfter: Date;
  readonly secret: Uint8Array;
}

/** Derives invitation id, gate key and lead key from a code's secret (HKDF-SHA256, one label each). */
export function enrolmentKeys(secret: Uint8Array): EnrolmentKeys {
  const derive = (label: string, bytes: number) =>
    hkdfSha256(secret, new Uint8Array(0), `consilium-enrolment-1 ${label}`, bytes);
  return {
    invitation: hex.encode(derive('invitation', 16)) as InvitationId,
    gateKey: derive('gate', 32),
    leadKey: derive('lead', 32),
  };
}

/** A code's public random part: 16 bytes in base64url. */
export const invitationNonce = z.string().regex(/^[A-Za-z0-9_-]{22}$/, '16 bytes in base64url');

/** The secret of a code that the lead makes, which the lead's key alone finds again (HKDF-SHA256, the nonce as salt). */
export function codeSecret(
  lead: Identity,
  code: { readonly consortium: ConsortiumId; readonly site: SiteId; readonly nonce: string },
): Uint8Array {
  const nonce = fromText(code.nonce, nonceBytes) ?? fail('CSM-LEAD-CODE', { site: code.site });
  const info = `consilium-invitation-1 ${code.consortium} ${code.site}`;
  return hkdfSha256(lead.secretKey.subarray(0, seedBytes), nonce, info, secretBytes);
}

/**
 * Makes a one-time code for one site. Who holds the text can enrol once until `notAfter` (whole seconds), so it goes
 * by a channel that the lead trusts.
 * Bytes: lead 32 ‖ consortium 16 ‖ secret 16 ‖ notAfter u48 seconds ‖ length u8, site ‖ length u16, address ‖
 * first 4 bytes of the SHA-256 of all before; in base64url after `consilium1-`.
 */
export function createEnrolmentCode(
  terms: Omit<EnrolmentCode, 'secret'> & { readonly secret?: Uint8Array },
): { readonly text: string } & EnrolmentKeys {
  const { secret = randomBytes(secretBytes) } = terms;
  const lead = fromText(terms.lead, publicKeyBytes) ?? fail('CSM-KEY-FORMAT', { what: "The lead's key" });
  const site = utf8(terms.site);
  const address = utf8(addressOf(terms.address));
  const until = bigEndian(Math.floor(terms.notAfter.getTime() / 1000), 6);
  const sized = join(bigEndian(site.length, 1), site, bigEndian(address.length, 2), address);
  const body = join(lead, hex.decode(terms.consortium), secret, until, sized);
  return { text: prefix + toText(join(body, checksum(body))), ...enrolmentKeys(secret) };
}

/**
 * Reads a code; blanks and line breaks from a mail are ignored. Whether it has expired is the caller's question.
 * @throws CSM-ENROL-CODE
 */
export function parseEnrolmentCode(text: string): EnrolmentCode {
  if (text.length > maxCodeCharacters) fail('CSM-ENROL-CODE');
  const packed = text.replaceAll(/\s/g, '');
  if (!packed.startsWith(prefix)) fail('CSM-ENROL-CODE');
  const written = packed.slice(prefix.length);
  const bytes = readText(written);
  if (bytes === null || bytes.length < fixedBytes + 3 + checksumBytes) fail('CSM-ENROL-CODE');
  const body = bytes.subarray(0, -checksumBytes);
  if (!sameBytes(checksum(body), bytes.subarray(-checksumBytes))) fail('CSM-ENROL-CODE');
  const siteEnd = fixedBytes + 1 + numberAt(body, fixedBytes, 1);
  if (siteEnd + 2 > body.length || siteEnd + 2 + numberAt(body, siteEnd, 2) !== body.length) fail('CSM-ENROL-CODE');
  const consortiumEnd = publicKeyBytes + consortiumBytes;
  const site = siteId.safeParse(textOf(body.subarray(fixedBytes + 1, siteEnd)));
  const notAfter = new Date(numberAt(body, fixedBytes - 6, 6) * 1000);
  if (!site.success || Number.isNaN(notAfter.getTime())) fail('CSM-ENROL-CODE');
  return {
    address: addressOf(textOf(body.subarray(siteEnd + 2))),
    lead: toText(body.subarray(0, publicKeyBytes)) as PublicKey,
    consortium: consortiumId.parse(hex.encode(body.slice(publicKeyBytes, consortiumEnd))),
    site: site.data,
    notAfter,
    secret: new Uint8Array(body.subarray(consortiumEnd, consortiumEnd + secretBytes)),
  };
}

/** The site's proofs: one for the coordinator over this handshake, one for the lead over the site's key. */
export function proveEnrolment(
  secret: Uint8Array,
  claim: { readonly transcript: Uint8Array } & LeadClaim,
): EnrolmentProof {
  const keys = enrolmentKeys(secret);
  return {
    invitation: keys.invitation,
    gateProof: toText(hmacSha256(keys.gateKey, claim.transcript)),
    leadProof: toText(hmacSha256(keys.leadKey, leadClaim({ ...claim, invitation: keys.invitation }))),
  };
}

/** Whether a gate proof was made by the code's holder in this very handshake. For the coordinator. */
export const checkGateProof = (gateKey: Uint8Array, transcript: Uint8Array, given: string): boolean =>
  sameProof(hmacSha256(gateKey, transcript), given);

export interface LeadClaim {
  readonly consortium: ConsortiumId;
  readonly site: SiteId;
  readonly publicKey: PublicKey;
}

/** Whether the code's holder vouched for this public key. For the lead, before a certificate is signed. */
export const checkLeadProof = (
  leadKey: Uint8Array,
  claim: LeadClaim & { readonly invitation: InvitationId },
  given: string,
): boolean => sameProof(hmacSha256(leadKey, leadClaim(claim)), given);

const leadClaim = ({ consortium, site, publicKey, invitation }: LeadClaim & { readonly invitation: InvitationId }) =>
  canonicalBytes({ consortium, site, publicKey, invitation });

function sameProof(expected: Uint8Array, given: string): boolean {
  const bytes = fromText(given, proofBytes);
  return bytes !== null && sameBytes(expected, bytes);
}

const checksum = (bytes: Uint8Array): Uint8Array => sha256(bytes).subarray(0, checksumBytes);

const decoder = new TextDecoder();

const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A whole number in bytes, the greatest first. Six bytes hold any that is asked for here. */
const bigEndian = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, place) => Math.floor(value / 256 ** (bytes - 1 - place)) % 256);

const numberAt = (bytes: Uint8Array, at: number, count: number): number =>
  bytes.subarray(at, at + count).reduce((number, byte) => number * 256 + byte, 0);

function addressOf(text: string): string {
  const parsed = z
    .url({ protocol: /^https?$/ })
    .max(1024)
    .safeParse(text);
  return parsed.success ? parsed.data : fail('CSM-ENROL-CODE');
}
