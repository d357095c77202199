import { describe, expect, it } from 'vitest';
import type { ConsortiumId } from '../ids.js';
import { type CertificateBody, checkCertificate, issueCertificate } from './certificate.js';
import { createIdentity } from './keys.js';

const lead = createIdentity();
const site = createIdentity();
const consortium = 'ab'.repeat(16) as ConsortiumId;
const body: CertificateBody = {
  consortium,
  role: 'site',
  id: 'north',
  publicKey: site.publicKey,
  revision: 3,
  revoked: false,
};
const terms = { lead: lead.publicKey, consortium, role: 'site', id: 'north', publicKey: site.publicKey } as const;
const certificateFault = (problem: RegExp) =>
  expect.objectContaining({ code: 'CSM-KEY-CERTIFICATE', message: expect.stringMatching(problem) });

describe('a certificate', () => {
  it('of the lead is believed', () => {
    const issued = issueCertificate(lead, body);
    expect(checkCertificate(issued, { ...terms, minimumRevision: 3 })).toEqual(body);
  });

  it('of anybody else is not', () => {
    const issued = issueCertificate(createIdentity(), body);
    expect(() => checkCertificate(issued, terms)).toThrow(certificateFault(/not signed by the lead/));
  });

  it('that was altered is not', () => {
    const issued = issueCertificate(lead, body);
    const altered = { ...issued, body: { ...body, revision: 4 } };
    expect(() => checkCertificate(altered, terms)).toThrow(certificateFault(/not signed by the lead/));
    expect(() => checkCertificate({ ...issued, extra: 1 }, terms)).toThrow(certificateFault(/malformed/));
    expect(() => checkCertificate(null, terms)).toThrow(certificateFault(/malformed/));
  });

  it.each([
    ['another consortium', { consortium: 'cd'.repeat(16) as ConsortiumId }, /another consortium/],
    ['another role', { role: 'coordinator' }, /for a coordinator/],
    ['another site', { id: 'south' }, /for south/],
    ['another key', { publicKey: createIdentity().publicKey }, /another key/],
    ['an older revision', { revision: 1 }, /revision 1/],
  ] as const)('for %s is not', (_, change, problem) => {
    const issued = issueCertificate(lead, { ...body, ...change });
    expect(() => checkCertificate(issued, { ...terms, minimumRevision: 2 })).toThrow(certificateFault(problem));
  });

  it('that was revoked says so', () => {
    const issued = issueCertificate(lead, { ...body, revoked: true });
    expect(() => checkCertificate(issued, terms)).toThrow(
      expect.objectContaining({ code: 'CSM-KEY-REVOKED', details: { id: 'north' } }),
    );
  });
});
