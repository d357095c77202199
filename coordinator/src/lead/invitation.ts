import {
  codeSecret,
  createEnrolmentCode,
  type Identity,
  type InvitationId,
  type Random,
  toText,
} from '@consilium/shared/crypto';
import type { ConsortiumId, SiteId } from '@consilium/shared/ids';

/** A one-time code, and what the coordinator is told of it. */
export interface Invited {
  /** For the hospital alone. */
  readonly code: string;
  /** Binary members are base64url. */
  readonly told: {
    readonly site: SiteId;
    readonly invitation: InvitationId;
    readonly nonce: string;
    readonly gateKey: string;
    /** ISO 8601. */
    readonly notAfter: string;
  };
}

const nonceBytes = 16;

/**
 * Makes a one-time code for a site. Nothing of it need be kept: the lead's key finds its secret again from the nonce, which the
 * coordinator keeps and can do nothing with.
 * @throws CSM-ENROL-CODE when the address is none
 */
export function invite(
  lead: Identity,
  terms: {
    readonly address: string;
    readonly consortium: ConsortiumId;
    readonly site: SiteId;
    readonly notAfter: Date;
    readonly random: Random;
  },
): Invited {
  const { consortium, site, notAfter } = terms;
  const nonce = toText(terms.random(nonceBytes));
  const secret = codeSecret(lead, { consortium, site, nonce });
  const { text, invitation, gateKey } = createEnrolmentCode({ ...terms, lead: lead.publicKey, secret });
  return {
    code: text,
    told: { site, invitation, nonce, gateKey: toText(gateKey), notAfter: notAfter.toISOString() },
  };
}
