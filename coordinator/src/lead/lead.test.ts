import { randomBytes } from 'node:crypto';
import {
  type Certificate,
  checkCertificate,
  createIdentity,
  fingerprint,
  type Identity,
  invitationId,
  issueCertificate,
  makeKeyChange,
  parseEnrolmentCode,
  proveEnrolment,
} from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { adoptionOf, approvalOf, invite, type ListedMember, revocationOf, type ShownKeys } from './index.js';

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

describe('a coordinator that was broken into', () => {
  const holder = { consortium, role: 'site', id: site, publicKey: hospital.publicKey } as const;
  const invented = issueCertificate(createIdentity(), {
    ...{ ...holder, revision: Number.MAX_SAFE_INTEGER - 1, revoked: false },
  });

  it('does not use up the revisions of a hospital or its own by a word that the lead never said', () => {
    const member = { ...waiting(), certificate: invented };
    expect(refusal(() => approvalOf(lead, { consortium, member, given }))).toBe('CSM-KEY-CERTIFICATE');
    expect(refusal(() => revocationOf(lead, { consortium, member }))).toBe('CSM-KEY-CERTIFICATE');
    const own = issueCertificate(createIdentity(), { ...invented.body, role: 'coordinator', id: 'coordinator' });
    const shown = { publicKey: hospital.publicKey, certificate: own, next: null };
    expect(refusal(() => adoptionOf(lead, { consortium, shown, known: null, given }))).toBe('CSM-KEY-CERTIFICATE');
  });

  it('does not show the word on another one in its place', () => {
    const other = issueCertificate(lead, { ...holder, id: 'hospital-b', revision: 7, revoked: false });
    const member = { ...waiting(), certificate: other };
    expect(refusal(() => revocationOf(lead, { consortium, member }))).toBe('CSM-KEY-CERTIFICATE');
  });
});

describe('an adoption', () => {
  const holder = { consortium, role: 'coordinator', id: 'coordinator' } as const;
  const [first, second, third] = [createIdentity(), createIdentity(), createIdentity()];
  const word = (key: Identity, revision: number) =>
    issueCertificate(lead, { ...holder, publicKey: key.publicKey, revision, revoked: false });
  const shownBy = (key: Identity, certificate: Certificate | null, next: Identity | null = null) => ({
    publicKey: key.publicKey,
    certificate,
    next: next && { publicKey: next.publicKey, change: makeKeyChange(key, next, holder) },
  });
  const adopt = (shown: ShownKeys, known: Certificate | null, key: Identity) =>
    adoptionOf(lead, { consortium, shown, known, given: fingerprint(key.publicKey) });

  it('certifies a key by the next revision, and the same key by the same word', () => {
    expect(adopt(shownBy(first, null), null, first)).toEqual({ certificate: word(first, 1), isNext: false });
    expect(adopt(shownBy(first, word(first, 1)), word(first, 1), first).certificate).toEqual(word(first, 1));
    const changed = adopt(shownBy(first, word(first, 1), second), word(first, 1), second);
    expect(changed).toEqual({ certificate: word(second, 2), isNext: true });
    expect(adopt(shownBy(first, word(first, 1)), word(second, 2), first).certificate).toEqual(word(first, 3));
  });

  it('goes on from a word that reached the coordinator and not the lead’s own folder', () => {
    const behind = word(first, 1);
    expect(adopt(shownBy(second, word(second, 2)), behind, second).certificate).toEqual(word(second, 2));
    expect(adopt(shownBy(second, word(second, 2), third), behind, third).certificate).toEqual(word(third, 3));
  });

  it('is refused to a next key that the present one has not named, and to another fingerprint', () => {
    const slipped = { ...shownBy(first, word(first, 1)), next: shownBy(second, null, third).next };
    expect(refusal(() => adopt(slipped, word(first, 1), third))).toBe('CSM-KEY-CHANGE');
    expect(refusal(() => adopt(shownBy(first, null), null, second))).toBe('CSM-LEAD-FINGERPRINT');
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
