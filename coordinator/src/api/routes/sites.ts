import {
  type Certificate,
  certificate,
  fingerprint,
  invitationId,
  invitationNonce,
  keyChange,
} from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { publicKey, type SiteId, siteId } from '@consilium/shared/ids';
import { writeJournal } from '@consilium/shared/journal';
import { z } from 'zod';
import { type Member, stateOf } from '../../sites/roster.js';
import { type Bound, bind, bindMedia } from '../bind.js';
import { sees } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { type Sight, sightOf } from '../role.js';
import { json, media, named } from '../shape.js';
import { done } from './coordinator.js';

/** A site of the consortium, as the lead's list and the page show it. */
export const memberView = named(
  'Member',
  z.strictObject({
    site: siteId,
    state: z.enum(['invited', 'pending', 'approved', 'revoked']),
    connected: z.boolean(),
    certificate: certificate.nullable(),
    /** Fingerprint of the certified key. */
    fingerprint: z.string().nullable(),
    /** A key that waits for the lead: it came with a code, or the site's present key has named it as the next one. */
    pending: z
      .union([
        z.strictObject({
          publicKey,
          fingerprint: z.string(),
          invitation: invitationId,
          nonce: invitationNonce.nullable(),
          leadProof: z.string(),
        }),
        z.strictObject({ publicKey, fingerprint: z.string(), change: keyChange }),
      ])
      .nullable(),
    invitation: z.strictObject({ notAfter: z.string(), used: z.boolean() }).nullable(),
    collisions: z.int(),
  }),
);
export type MemberView = z.infer<typeof memberView>;

const sitePath = z.strictObject({ site: siteId });
const word = named('CertificateOfSite', z.strictObject({ certificate }));

export const listSites = json({
  method: 'GET',
  path: '/api/sites',
  access: 'member',
  group: 'sites',
  summary: 'Every site that was ever invited, and what it is now; a site user gets the own one',
  answer: named('Members', z.strictObject({ sites: z.array(memberView) })),
});

export const postInvitation = json({
  method: 'POST',
  path: '/api/invitations',
  access: 'lead',
  group: 'sites',
  summary: 'Registers a one-time code; the code itself stays with the lead. Ends an unused earlier one of the site',
  body: named(
    'Invitation',
    z.strictObject({
      site: siteId,
      invitation: invitationId,
      nonce: invitationNonce,
      gateKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url'),
      notAfter: z.iso.datetime(),
    }),
  ),
  answer: done,
});

export const approveSite = json({
  method: 'POST',
  path: '/api/sites/{site}/approve',
  access: 'lead',
  group: 'sites',
  summary: "Lets a pending key in, by the lead's certificate",
  params: sitePath,
  body: word,
  answer: done,
});

export const revokeSite = json({
  method: 'POST',
  path: '/api/sites/{site}/revoke',
  access: 'lead',
  group: 'sites',
  summary: "Ends a key, by the lead's certificate of revocation; the site's connections close at once",
  params: sitePath,
  body: word,
  answer: done,
});

export const getConsortiumJournal = media({
  method: 'GET',
  path: '/api/journal',
  access: 'overseer',
  group: 'sites',
  summary: "The consortium's journal, a line a record",
  mediaType: 'application/x-ndjson',
});

export function memberOf(member: Member, connected: boolean): MemberView {
  const { site, certificate: held, pending, invitation, collisions } = member;
  return {
    site,
    state: stateOf(member),
    connected,
    certificate: held,
    fingerprint: held === null ? null : fingerprint(held.body.publicKey),
    pending: pending === null ? null : { ...pending, fingerprint: fingerprint(pending.publicKey) },
    invitation: invitation === null ? null : { notAfter: invitation.notAfter, used: invitation.usedBy !== null },
    collisions,
  };
}

/** The members that somebody may see, in canonical order. Proofs and codes are between a site and the lead. */
export const membersFor = ({ sites, connected }: Pick<ApiOptions, 'sites' | 'connected'>, sight: Sight): MemberView[] =>
  [...sites.roster().members.values()]
    .filter(({ site }) => sees(sight, site))
    .map((member) => memberOf(member, connected(member.site)))
    .map((member) => (sight.role === 'lead' ? member : { ...member, pending: null, invitation: null }))
    .sort((a, b) => (a.site < b.site ? -1 : 1));

export function siteRoutes(options: ApiOptions): readonly Bound[] {
  const { sites } = options;
  return [
    bind(listSites, async ({ caller }) => ({ sites: membersFor(options, sightOf(caller)) })),
    bind(postInvitation, async ({ body }) => {
      const { site, invitation, nonce, gateKey, notAfter } = body;
      await sites.invite({
        site,
        invitation,
        nonce,
        gateKey: Buffer.from(gateKey, 'base64url'),
        notAfter: new Date(notAfter),
      });
      return { done: true };
    }),
    bind(approveSite, async ({ params, body }) => {
      await sites.approve(about(params.site, body.certificate));
      return { done: true };
    }),
    bind(revokeSite, async ({ params, body }) => {
      await sites.revoke(about(params.site, body.certificate));
      return { done: true };
    }),
    bindMedia(getConsortiumJournal, async () => writeJournal(sites.journal())),
  ];
}

/** The certificate of the body, which must be about the site of the path. */
const about = (site: SiteId, word: Certificate): Certificate =>
  word.body.id === site ? word : fail('CSM-SITE-CERTIFICATE', { site, problem: `it is for ${word.body.id}` });
