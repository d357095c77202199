import { createIdentity, type InvitationId, issueCertificate } from '@consilium/shared/crypto';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { mapWrites } from '../rounds/testing/map-writes.js';
import type { ConsortiumRecord } from './records.js';
import { approvedSites, emptyRoster, enter } from './roster.js';

const lead = createIdentity();
const { publicKey } = createIdentity();
const consortium = consortiumId.parse('ab'.repeat(16));

/** How a site comes in: by a code, and by the lead's word. */
function arrival(index: number): readonly ConsortiumRecord[] {
  const site = siteId.parse(`site-${index}`);
  const invitation = index.toString(16).padStart(32, '0') as InvitationId;
  const body = { consortium, role: 'site', id: site, publicKey, revision: 1, revoked: false } as const;
  return [
    { type: 'site-invited', site, invitation, notAfter: '2030-01-01T00:00:00Z' },
    { type: 'site-enrolled', site, publicKey, invitation, leadProof: 'proof' },
    { type: 'site-approved', certificate: issueCertificate(lead, body) },
  ] as readonly ConsortiumRecord[];
}

it("the consortium's journal taken together says what it says record by record, and costs as much as it is long", () => {
  const records = Array.from({ length: 100 }, (_, index) => arrival(index)).flat();
  const oneByOne = () => records.reduce((roster, record) => enter(roster, [record]), emptyRoster);
  const each = oneByOne();
  expect(enter(emptyRoster, records)).toEqual(each);
  expect(approvedSites(each)).toHaveLength(100);
  expect(emptyRoster.members.size).toBe(0);
  expect(mapWrites(() => enter(emptyRoster, records))).toBeLessThan(3 * records.length);
  expect(mapWrites(oneByOne)).toBeGreaterThan(20 * records.length);
});
