import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import type { ConsortiumId, SiteId } from '../ids.js';
import {
  checkGateProof,
  checkLeadProof,
  createEnrolmentCode,
  enrolmentKeys,
  parseEnrolmentCode,
  proveEnrolment,
} from './enrolment.js';
import { createIdentity } from './keys.js';

const consortium = 'ab'.repeat(16) as ConsortiumId;
const site = 'north' as SiteId;
const { publicKey: lead } = createIdentity();
const terms = {
  address: 'https://coordinator.example:7443/',
  lead,
  consortium,
  site,
  notAfter: new Date('2031-02-03T04:05:06Z'),
};
const badCode = expect.objectContaining({ code: 'CSM-ENROL-CODE' });

describe('an enrolment code', () => {
  it('says again what went in', () => {
    const secret = new Uint8Array(16).fill(9);
    const made = createEnrolmentCode({ ...terms, secret });
    expect(made.text).toMatch(/^consilium1-[A-Za-z0-9_-]+$/);
    expect(parseEnrolmentCode(made.text)).toEqual({ ...terms, secret });
    expect(enrolmentKeys(secret)).toEqual({
      invitation: made.invitation,
      gateKey: made.gateKey,
      leadKey: made.leadKey,
    });
  });

  it('survives the line breaks of a mail', () => {
    const { text } = createEnrolmentCode(terms);
    expect(parseEnrolmentCode(` ${text.slice(0, 60)}\r\n  ${text.slice(60)}\n`)).toMatchObject(terms);
  });

  it('is another one every time, with three keys that have nothing in common', () => {
    const [one, two] = [createEnrolmentCode(terms), createEnrolmentCode(terms)];
    expect(one.invitation).not.toBe(two.invitation);
    expect(Buffer.from(one.gateKey).equals(one.leadKey)).toBe(false);
    expect(Buffer.from(one.gateKey).toString('hex')).not.toContain(one.invitation);
  });

  it('with any character changed, left out or added is refused', () => {
    const { text } = createEnrolmentCode(terms);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'Ab9_-!'), (at, other) => {
        fc.pre(text[at] !== other);
        expect(() => parseEnrolmentCode(text.slice(0, at) + other + text.slice(at + 1))).toThrow(badCode);
        expect(() => parseEnrolmentCode(text.slice(0, at) + text.slice(at + 1))).toThrow(badCode);
        expect(() => parseEnrolmentCode(text.slice(0, at))).toThrow(badCode);
      }),
    );
  });

  it('answers any text with a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, text) => {
        const written = `consilium1-${Buffer.from(bytes).toString('base64url')}`;
        expect(() => parseEnrolmentCode(written)).toThrow(CodedError);
        expect(() => parseEnrolmentCode(text)).toThrow(CodedError);
      }),
    );
  });

  it('names an address of the web only', () => {
    expect(() => createEnrolmentCode({ ...terms, address: 'file:///etc/passwd' })).toThrow(badCode);
    expect(() => createEnrolmentCode({ ...terms, address: 'coordinator' })).toThrow(badCode);
  });
});

describe('the proof of a code', () => {
  const secret = randomBytes(16);
  const keys = enrolmentKeys(secret);
  const { publicKey } = createIdentity();
  const transcript = randomBytes(32);
  const proof = proveEnrolment(secret, { transcript, consortium, site, publicKey });
  const claim = { consortium, site, publicKey, invitation: keys.invitation };

  it('holds for the gate in its own handshake only', () => {
    expect(checkGateProof(keys.gateKey, transcript, proof.gateProof)).toBe(true);
    expect(checkGateProof(keys.gateKey, randomBytes(32), proof.gateProof)).toBe(false);
    expect(checkGateProof(enrolmentKeys(randomBytes(16)).gateKey, transcript, proof.gateProof)).toBe(false);
    expect(checkGateProof(keys.gateKey, transcript, 'x')).toBe(false);
  });

  it('holds for the lead and for this key and site only: the coordinator cannot put in another key', () => {
    expect(checkLeadProof(keys.leadKey, claim, proof.leadProof)).toBe(true);
    expect(checkLeadProof(keys.leadKey, { ...claim, publicKey: createIdentity().publicKey }, proof.leadProof)).toBe(
      false,
    );
    expect(checkLeadProof(keys.leadKey, { ...claim, site: 'south' as SiteId }, proof.leadProof)).toBe(false);
    expect(checkLeadProof(keys.gateKey, claim, proof.leadProof)).toBe(false);
  });

  it('does not hold the secret', () => {
    expect(JSON.stringify(proof)).not.toContain(Buffer.from(secret).toString('base64url'));
    expect(JSON.stringify(proof)).not.toContain(Buffer.from(secret).toString('hex'));
  });
});
