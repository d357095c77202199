import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import type { ConsortiumId, SiteId } from '../ids.js';
import { issueCertificate } from './certificate.js';
import { sealedChannel } from './channel.js';
import { checkGateProof, checkLeadProof, enrolmentKeys } from './enrolment.js';
import { type CoordinatorHello, coordinatorHandshake, siteHandshake } from './handshake.js';
import { createIdentity } from './keys.js';

const consortium = 'ab'.repeat(16) as ConsortiumId;
const site = 'north' as SiteId;
const lead = createIdentity();
const coordinator = createIdentity();
const hospital = createIdentity();
const body = {
  consortium,
  role: 'coordinator',
  id: 'coordinator',
  publicKey: coordinator.publicKey,
  revision: 2,
  revoked: false,
} as const;
const certificate = issueCertificate(lead, body);
const trust = { lead: lead.publicKey, consortium, site };

const siteEnd = (more: Partial<Parameters<typeof siteHandshake>[0]> = {}) =>
  siteHandshake({ identity: hospital, trust, ...more });
const coordinatorEnd = (more: Partial<Parameters<typeof coordinatorHandshake>[0]> = {}) =>
  coordinatorHandshake({ identity: coordinator, certificate, consortium, ...more });
const code = (value: string) => expect.objectContaining({ code: value });

describe('a handshake', () => {
  it('ends with both ends sure of each other and one channel between them', () => {
    const here = siteEnd();
    const there = coordinatorEnd();
    const answered = here.answer(JSON.parse(JSON.stringify(there.answer(here.hello))));
    const proven = there.finish(answered.proof);
    expect(proven).toMatchObject({ site, publicKey: hospital.publicKey, enrolment: null });
    expect(answered.coordinator).toEqual(body);
    const [left, right] = [sealedChannel(answered.keys), sealedChannel(proven.keys)];
    expect(right.open(left.sealControl({ word: 1 }))).toEqual({ kind: 'control', json: { word: 1 } });
    expect(left.open(right.sealControl({ word: 2 }))).toEqual({ kind: 'control', json: { word: 2 } });
  });

  it('gives other keys every time', () => {
    const keys = [1, 2].map(() => {
      const here = siteEnd();
      return here.answer(coordinatorEnd().answer(here.hello)).keys;
    });
    expect(keys[0]?.sendKey).not.toEqual(keys[1]?.sendKey);
    expect(keys[0]?.sendKey).not.toEqual(keys[0]?.receiveKey);
    expect(keys[0]?.session).not.toEqual(keys[1]?.session);
  });

  it('carries the proof of a code, for gate and lead', () => {
    const secret = new Uint8Array(16).fill(5);
    const keys = enrolmentKeys(secret);
    const here = siteEnd({ secret });
    const there = coordinatorEnd();
    const { enrolment } = there.finish(here.answer(there.answer(here.hello)).proof);
    expect(enrolment?.invitation).toBe(keys.invitation);
    expect(checkGateProof(keys.gateKey, enrolment!.transcript, enrolment!.gateProof)).toBe(true);
    const claim = { consortium, site, publicKey: hospital.publicKey, invitation: keys.invitation };
    expect(checkLeadProof(keys.leadKey, claim, enrolment!.leadProof)).toBe(true);
  });
});

describe('a site refuses a coordinator', () => {
  const answerFrom = (more: Partial<Parameters<typeof coordinatorHandshake>[0]>) => {
    const here = siteEnd();
    return () => here.answer(coordinatorEnd(more).answer(here.hello));
  };

  it('certified by another lead', () => {
    expect(answerFrom({ certificate: issueCertificate(createIdentity(), body) })).toThrow(code('CSM-HANDSHAKE-LEAD'));
  });

  it('with a certificate of another key, consortium or role', () => {
    for (const change of [
      { publicKey: hospital.publicKey },
      { consortium: 'cd'.repeat(16) as ConsortiumId },
      { role: 'site' as const },
    ]) {
      expect(answerFrom({ certificate: issueCertificate(lead, { ...body, ...change }) })).toThrow(
        code('CSM-HANDSHAKE-LEAD'),
      );
    }
  });

  it('whose certificate was revoked or replaced', () => {
    expect(answerFrom({ certificate: issueCertificate(lead, { ...body, revoked: true }) })).toThrow(
      code('CSM-KEY-REVOKED'),
    );
    const here = siteEnd({ trust: { ...trust, minimumRevision: 3 } });
    expect(() => here.answer(coordinatorEnd().answer(here.hello))).toThrow(code('CSM-HANDSHAKE-LEAD'));
  });

  it('that shows a true certificate without its key', () => {
    const here = siteEnd();
    const there = coordinatorEnd({ identity: createIdentity() });
    const hello = { ...there.answer(here.hello), identity: coordinator.publicKey };
    expect(() => here.answer(hello)).toThrow(code('CSM-HANDSHAKE-SIGNATURE'));
  });

  it('that repeats an answer of an earlier handshake, or whose share was altered on the way', () => {
    const earlier = siteEnd();
    const recorded = coordinatorEnd().answer(earlier.hello);
    const here = siteEnd();
    expect(() => here.answer(recorded)).toThrow(code('CSM-HANDSHAKE-SIGNATURE'));
    const fresh = coordinatorEnd().answer(here.hello);
    const altered: CoordinatorHello = { ...fresh, ephemeral: recorded.ephemeral };
    expect(() => here.answer(altered)).toThrow(code('CSM-HANDSHAKE-SIGNATURE'));
  });
});

describe('a coordinator refuses a site', () => {
  it('of another protocol version, whatever else its message holds', () => {
    expect(() => coordinatorEnd().answer({ version: 99, novelty: true })).toThrow(code('CSM-HANDSHAKE-VERSION'));
  });

  it('of another consortium', () => {
    const here = siteEnd({ trust: { ...trust, consortium: 'cd'.repeat(16) as ConsortiumId } });
    expect(() => coordinatorEnd().answer(here.hello)).toThrow(code('CSM-HANDSHAKE-CONSORTIUM'));
  });

  it('that names a key which it does not hold', () => {
    const thief = siteEnd({ identity: { ...hospital, secretKey: createIdentity().secretKey } });
    const there = coordinatorEnd();
    const { proof } = thief.answer(there.answer(thief.hello));
    expect(() => there.finish(proof)).toThrow(code('CSM-HANDSHAKE-SIGNATURE'));
  });

  it('that repeats the proof of an earlier handshake', () => {
    const here = siteEnd();
    const { proof } = here.answer(coordinatorEnd().answer(here.hello));
    const there = coordinatorEnd();
    there.answer(here.hello);
    expect(() => there.finish(proof)).toThrow(code('CSM-HANDSHAKE-SIGNATURE'));
  });

  it.each([
    ['zero', '00'.repeat(32)],
    ['one', `01${'00'.repeat(31)}`],
    ['of order eight', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ])('whose share is the point %s, which agrees on nothing', (_, point) => {
    const ephemeral = Buffer.from(point, 'hex').toString('base64url');
    expect(() => coordinatorEnd().answer({ ...siteEnd().hello, ephemeral })).toThrow(code('CSM-HANDSHAKE-AGREEMENT'));
  });

  it('that speaks out of turn', () => {
    expect(() => coordinatorEnd().finish({})).toThrow(code('CSM-HANDSHAKE-ORDER'));
    const there = coordinatorEnd();
    there.answer(siteEnd().hello);
    expect(() => there.answer(siteEnd().hello)).toThrow(code('CSM-HANDSHAKE-ORDER'));
  });
});

it('any value in place of a message is a coded error at both ends', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(() => coordinatorEnd().answer(value)).toThrow(CodedError);
      expect(() => siteEnd().answer(value)).toThrow(CodedError);
      const there = coordinatorEnd();
      there.answer(siteEnd().hello);
      expect(() => there.finish(value)).toThrow(CodedError);
    }),
    { numRuns: 50 },
  );
});
