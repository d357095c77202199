import { randomBytes } from 'node:crypto';
import {
  checkCertificate,
  createIdentity,
  fingerprint,
  invitationId,
  issueCertificate,
  parseEnrolmentCode,
  proveEnrolment,
} from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { approvalOf, invite, type ListedMember, revocationOf } from './index.js';

const lead = createIdentity();
const consortium = consortiumId.parse('ab'.repeat(16));
const site = siteId.parse('hospital-a');
const hospital = createIdentity();
const terms = {
  address: 'https://coordinator.example:7443/',
  consortium,
  site,
  notAfter: new Date('2031-02-03T04:05:06Z'),
  random: randomBytes,
};
const given = fingerprint(hospital.publicKey);

const refusal = (deed: () => unknown): string => {
  try {
    deed();
    return 'done';
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
};

/** The hospital as the coordinator lists it once it has used its code. */
function waiting(change: Partial<NonNullable<ListedMember['pending']>> = {}): ListedMember {
  const { code, told } = invite(lead, terms);
  const claim = { consortium, site, publicKey: hospital.publicKey, transcript: randomBytes(32) };
  const { invitation, leadProof } = proveEnrolment(parseEnrolmentCode(code).secret, claim);
  const pending = { publicKey: hospital.publicKey, invitation, nonce: told.nonce, leadProof, ...change };
  return { site, certificate: null, pending };
}

describe('an invitation', () => {
  it('tells the coordinator all but the secret, and names the lead to the hospital', () => {
    const { code, told } = invite(lead, terms);
    const read = parseEnrolmentCode(code);
    expect(read).toMatchObject({ lead: lead.publicKey, consortium, site, address: terms.address });
    expect(told).toMatchObject({ site, notAfter: '2031-02-03T04:05:06.000Z' });
    expect(JSON.stringify(told)).not.toContain(Buffer.from(read.secret).toString('base64url'));
  });

  it('is another one every time', () => {
    const [one, two] = [invite(lead, terms), invite(lead, terms)];
    expect(one.told.invitation).not.toBe(two.told.invitation);
    expect(one.told.nonce).not.toBe(two.told.nonce);
  });
});

describe('an approval', () => {
  it('certifies the key of whoever held the code, on any machine that holds the lead’s key', () => {
    const certificate = approvalOf(lead, { consortium, member: waiting(), given: given.toLowerCase() });
    const asked = { lead: lead.publicKey, consortium, role: 'site', id: site, publicKey: hospital.publicKey } as const;
    expect(checkCertificate(certificate, asked)).toMatchObject({ revision: 1, revoked: false });
  });

  it.each<[string, string, () => ListedMember]>([
    ['without a waiting key', 'CSM-SITE-NOT-PENDING', () => ({ ...waiting(), pending: null })],
    ['of a code that came from elsewhere', 'CSM-LEAD-CODE', () => waiting({ nonce: null })],
    ['of a code of another nonce', 'CSM-LEAD-CODE', () => waiting({ nonce: 'A'.repeat(22) })],
    ['of a nonce that is none', 'CSM-LEAD-CODE', () => waiting({ nonce: 'A' })],
    ['of another code', 'CSM-LEAD-CODE', () => waiting({ invitation: invitationId.parse('cd'.repeat(16)) })],
    ['of a code of another hospital', 'CSM-LEAD-CODE', () => ({ ...waiting(), site: siteId.parse('hospital-b') })],
    ['of a key that was slipped in', 'CSM-LEAD-PROOF', () => waiting({ publicKey: createIdentity().publicKey })],
  ])('%s is refused', (_, code, member) => {
    expect(refusal(() => approvalOf(lead, { consortium, member: member(), given }))).toBe(code);
  });

  it('is refused to a fingerprint that differs, and to the key of another lead', () => {
    expect(refusal(() => approvalOf(lead, { consortium, member: waiting(), given: 'AAAA-BBBB-CCCC-DDDD' }))).toBe(
      'CSM-LEAD-FINGERPRINT',
    );
    expect(refusal(() => approvalOf(createIdentity(), { consortium, member: waiting(), given }))).toBe('CSM-LEAD-CODE');
  });
});

describe('a revocation', () => {
  it('ends the certified key by the next revision, or the key that waits', () => {
    const body = { consortium, role: 'site', id: site, publicKey: hospital.publicKey } as const;
    const certificate = issueCertificate(lead, { ...body, revision: 3, revoked: false });
    const ended = revocationOf(lead, { consortium, member: { site, certificate, pending: null } });
    expect(ended.body).toEqual({ ...body, revision: 4, revoked: true });
    expect(revocationOf(lead, { consortium, member: waiting() }).body).toEqual({ ...body, revision: 1, revoked: true });
  });

  it('of nothing is refused', () => {
    const member = { site, certificate: null, pending: null };
    expect(refusal(() => revocationOf(lead, { consortium, member }))).toBe('CSM-SITE-NO-KEY');
  });
});
