import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, canonicalHash } from '../canonical.js';
import { CodedError, coded, fail } from '../errors/index.js';
import { type ConsortiumId, consortiumId, type PublicKey, publicKey, type SiteId, signature, siteId } from '../ids.js';
import { protocolVersion } from '../wire/messages.js';
import { type Ephemeral, makeEphemeral } from './agreement.js';
import { fromText } from './bytes.js';
import { type Certificate, type CertificateBody, certificate, checkCertificate } from './certificate.js';
import type { ChannelKeys, Role } from './channel.js';
import { type EnrolmentProof, enrolmentProof, proveEnrolment } from './enrolment.js';
import { type Identity, sign, verify } from './keys.js';

const shareBytes = 32;
const ephemeral = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const signingDomains = {
  coordinator: 'consilium-handshake-coordinator-1',
  site: 'consilium-handshake-site-1',
} as const satisfies Record<Role, string>;

/** First message, from the site: who it is, who it looks for, and its share of the secret. */
export const siteHello = z.strictObject({
  version: z.int(),
  consortium: consortiumId,
  site: siteId,
  identity: publicKey,
  ephemeral,
});
export type SiteHello = z.infer<typeof siteHello>;

/** Second message, from the coordinator: its share, the lead's word for its key, and its signature over the transcript. */
export const coordinatorHello = z.strictObject({ identity: publicKey, ephemeral, certificate, signature });
export type CoordinatorHello = z.infer<typeof coordinatorHello>;

/** Third message, from the site: its signature over the transcript; with a code, the proof of it. */
export const siteProof = z.strictObject({ signature, enrolment: enrolmentProof.optional() });
export type SiteProof = z.infer<typeof siteProof>;

/** What a site pinned at enrolment. */
export interface Trust {
  readonly lead: PublicKey;
  readonly consortium: ConsortiumId;
  readonly site: SiteId;
  /** Newest revision of the coordinator's certificate that this site has seen. */
  readonly minimumRevision?: number;
}

/** The site's end. `answer` is called once, with the coordinator's message. */
export interface SiteHandshake {
  readonly hello: SiteHello;
  /** @throws CSM-HANDSHAKE-MALFORMED, -LEAD, -SIGNATURE, -AGREEMENT; CSM-KEY-REVOKED */
  answer(message: unknown): {
    readonly proof: SiteProof;
    readonly keys: ChannelKeys;
    readonly coordinator: CertificateBody;
  };
}

export function siteHandshake(options: {
  readonly identity: Identity;
  readonly trust: Trust;
  /** Secret of a one-time code, when the site enrols. */
  readonly secret?: Uint8Array;
}): SiteHandshake {
  const { identity, trust } = options;
  const mine = makeEphemeral();
  const hello: SiteHello = {
    version: protocolVersion,
    consortium: trust.consortium,
    site: trust.site,
    identity: identity.publicKey,
    ephemeral: mine.share,
  };
  return {
    hello,
    answer(message) {
      const theirs = read(coordinatorHello, message);
      const coordinator = believe(theirs.certificate, theirs.identity, trust);
      const transcript = transcriptOf(hello, theirs.identity, theirs.ephemeral);
      if (!verify(theirs.identity, signingDomains.coordinator, transcript, theirs.signature)) {
        fail('CSM-HANDSHAKE-SIGNATURE', { side: 'coordinator' });
      }
      const proof: SiteProof = { signature: sign(identity, signingDomains.site, transcript) };
      const claim = { transcript, consortium: trust.consortium, site: trust.site, publicKey: identity.publicKey };
      return {
        proof: options.secret === undefined ? proof : { ...proof, enrolment: proveEnrolment(options.secret, claim) },
        keys: agree(mine, theirs.ephemeral, transcript, 'site'),
        coordinator,
      };
    },
  };
}

/** A site that proved to hold the key that it named. Whether that key may come in is asked next. */
export interface ProvenSite {
  readonly site: SiteId;
  readonly publicKey: PublicKey;
  /** The proof of a one-time code and the transcript that it was made over. */
  readonly enrolment: (EnrolmentProof & { readonly transcript: Uint8Array }) | null;
  readonly keys: ChannelKeys;
}

/** The coordinator's end: `answer` with the first message of the site, then `finish` with its second. */
export interface CoordinatorHandshake {
  /** @throws CSM-HANDSHAKE-MALFORMED, -VERSION, -CONSORTIUM, -AGREEMENT */
  answer(message: unknown): CoordinatorHello;
  /** @throws CSM-HANDSHAKE-MALFORMED, -SIGNATURE, -ORDER */
  finish(message: unknown): ProvenSite;
}

export function coordinatorHandshake(options: {
  readonly identity: Identity;
  readonly certificate: Certificate;
  readonly consortium: ConsortiumId;
}): CoordinatorHandshake {
  const { identity, consortium } = options;
  let greeted: { readonly hello: SiteHello; readonly transcript: Uint8Array; readonly keys: ChannelKeys } | null = null;
  let state: 'new' | 'greeted' | 'over' = 'new';
  return {
    answer(message) {
      if (state !== 'new') throw outOfOrder();
      state = 'over';
      const version = z.looseObject({ version: z.int() }).safeParse(message);
      if (version.success && version.data.version !== protocolVersion) {
        fail('CSM-HANDSHAKE-VERSION', { theirs: version.data.version, ours: protocolVersion });
      }
      const hello = read(siteHello, message);
      if (hello.consortium !== consortium) fail('CSM-HANDSHAKE-CONSORTIUM', { consortium: hello.consortium });
      const mine = makeEphemeral();
      const transcript = transcriptOf(hello, identity.publicKey, mine.share);
      greeted = { hello, transcript, keys: agree(mine, hello.ephemeral, transcript, 'coordinator') };
      state = 'greeted';
      return {
        identity: identity.publicKey,
        ephemeral: mine.share,
        certificate: options.certificate,
        signature: sign(identity, signingDomains.coordinator, transcript),
      };
    },
    finish(message) {
      if (state !== 'greeted' || greeted === null) throw outOfOrder();
      state = 'over';
      const { hello, transcript, keys } = greeted;
      const { signature: signed, enrolment } = read(siteProof, message);
      if (!verify(hello.identity, signingDomains.site, transcript, signed)) {
        fail('CSM-HANDSHAKE-SIGNATURE', { side: 'site' });
      }
      return {
        site: hello.site,
        publicKey: hello.identity,
        enrolment: enrolment === undefined ? null : { ...enrolment, transcript },
        keys,
      };
    },
  };
}

const outOfOrder = () => coded('CSM-HANDSHAKE-ORDER');

function read<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : fail('CSM-HANDSHAKE-MALFORMED');
}

function believe(value: Certificate, key: PublicKey, trust: Trust): CertificateBody {
  const { lead, consortium, minimumRevision = 1 } = trust;
  try {
    return checkCertificate(value, { lead, consortium, role: 'coordinator', publicKey: key, minimumRevision });
  } catch (cause) {
    if (cause instanceof CodedError && cause.code === 'CSM-KEY-REVOKED') throw cause;
    return fail('CSM-HANDSHAKE-LEAD', undefined, { cause });
  }
}

/** SHA-256, as bytes, of everything that both ends must see alike. */
const transcriptOf = (hello: SiteHello, coordinator: PublicKey, coordinatorEphemeral: string): Uint8Array =>
  Buffer.from(
    canonicalHash({
      protocol: 'consilium-handshake-1',
      version: hello.version,
      consortium: hello.consortium,
      site: { role: 'site', id: hello.site, identity: hello.identity, ephemeral: hello.ephemeral },
      coordinator: { role: 'coordinator', identity: coordinator, ephemeral: coordinatorEphemeral },
    }),
    'hex',
  );

function agree(mine: Ephemeral, theirEphemeral: string, transcript: Uint8Array, role: Role): ChannelKeys {
  if (fromText(theirEphemeral, shareBytes) === null) fail('CSM-HANDSHAKE-MALFORMED');
  const agreed = mine.agree(theirEphemeral) ?? fail('CSM-HANDSHAKE-AGREEMENT');
  const derive = (label: string, bytes: number) =>
    new Uint8Array(hkdfSync('sha256', agreed, transcript, canonicalBytes(['consilium-channel-1', label]), bytes));
  const towards = { coordinator: derive('site to coordinator', 32), site: derive('coordinator to site', 32) };
  const [sendKey, receiveKey] =
    role === 'site' ? [towards.coordinator, towards.site] : [towards.site, towards.coordinator];
  return { sendKey, receiveKey, session: derive('session', 16), role };
}
