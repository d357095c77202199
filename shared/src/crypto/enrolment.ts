import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type ConsortiumId, consortiumId, type PublicKey, type SiteId, siteId } from '../ids.js';
import { fromText, join, type Random, toText } from './bytes.js';
import { publicKeyBytes } from './keys.js';

const prefix = 'consilium1-';
const secretBytes = 16;
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
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `consilium-enrolment-1 ${label}`, bytes));
  return {
    invitation: Buffer.from(derive('invitation', 16)).toString('hex') as InvitationId,
    gateKey: derive('gate', 32),
    leadKey: derive('lead', 32),
  };
}

/**
 * Makes a one-time code for one site. Who holds the text can enrol once until `notAfter` (whole seconds), so it goes
 * by a channel that the lead trusts.
 * Bytes: lead 32 ‖ consortium 16 ‖ secret 16 ‖ notAfter u48 seconds ‖ length u8, site ‖ length u16, address ‖
 * first 4 bytes of the SHA-256 of all before; in base64url after `consilium1-`.
 */
export function createEnrolmentCode(
  terms: Omit<EnrolmentCode, 'secret'> & { readonly random?: Random },
): { readonly text: string } & EnrolmentKeys {
  const secret = (terms.random ?? randomBytes)(secretBytes);
  const lead = fromText(terms.lead, publicKeyBytes) ?? fail('CSM-KEY-FORMAT', { what: "The lead's key" });
  const site = Buffer.from(terms.site, 'utf8');
  const address = Buffer.from(addressOf(terms.address), 'utf8');
  const lengths = { until: Buffer.alloc(6), site: Buffer.alloc(1), address: Buffer.alloc(2) };
  lengths.until.writeUIntBE(Math.floor(terms.notAfter.getTime() / 1000), 0, 6);
  lengths.site.writeUInt8(site.length);
  lengths.address.writeUInt16BE(address.length);
  const consortium = Buffer.from(terms.consortium, 'hex');
  const body = join(lead, consortium, secret, lengths.until, lengths.site, site, lengths.address, address);
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
  const bytes = Buffer.from(written, 'base64url');
  if (bytes.toString('base64url') !== written || bytes.length < fixedBytes + 3 + checksumBytes) fail('CSM-ENROL-CODE');
  const body = bytes.subarray(0, -checksumBytes);
  if (!checksum(body).equals(bytes.subarray(-checksumBytes))) fail('CSM-ENROL-CODE');
  const siteEnd = fixedBytes + 1 + body.readUInt8(fixedBytes);
  if (siteEnd + 2 > body.length || siteEnd + 2 + body.readUInt16BE(siteEnd) !== body.length) fail('CSM-ENROL-CODE');
  const consortiumEnd = publicKeyBytes + consortiumBytes;
  const site = siteId.safeParse(body.subarray(fixedBytes + 1, siteEnd).toString('utf8'));
  const notAfter = new Date(body.readUIntBE(fixedBytes - 6, 6) * 1000);
  if (!site.success || Number.isNaN(notAfter.getTime())) fail('CSM-ENROL-CODE');
  return {
    address: addressOf(body.subarray(siteEnd + 2).toString('utf8')),
    lead: toText(body.subarray(0, publicKeyBytes)) as PublicKey,
    consortium: consortiumId.parse(body.subarray(publicKeyBytes, consortiumEnd).toString('hex')),
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
    gateProof: toText(hmac(keys.gateKey, claim.transcript)),
    leadProof: toText(hmac(keys.leadKey, leadClaim({ ...claim, invitation: keys.invitation }))),
  };
}

/** Whether a gate proof was made by the code's holder in this very handshake. For the coordinator. */
export const checkGateProof = (gateKey: Uint8Array, transcript: Uint8Array, given: string): boolean =>
  sameProof(hmac(gateKey, transcript), given);

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
): boolean => sameProof(hmac(leadKey, leadClaim(claim)), given);

const leadClaim = ({ consortium, site, publicKey, invitation }: LeadClaim & { readonly invitation: InvitationId }) =>
  canonicalBytes({ consortium, site, publicKey, invitation });

const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac('sha256', key).update(bytes).digest();

function sameProof(expected: Uint8Array, given: string): boolean {
  const bytes = fromText(given, proofBytes);
  return bytes !== null && timingSafeEqual(expected, bytes);
}

const checksum = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);

function addressOf(text: string): string {
  const parsed = z
    .url({ protocol: /^https?$/ })
    .max(1024)
    .safeParse(text);
  return parsed.success ? parsed.data : fail('CSM-ENROL-CODE');
}
