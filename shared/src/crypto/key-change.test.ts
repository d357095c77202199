import { describe, expect, it } from 'vitest';
import type { ConsortiumId } from '../ids.js';
import { checkKeyChange, isSignedChange, type KeyChange, keyChange, makeKeyChange } from './key-change.js';
import { createIdentity } from './keys.js';

const [from, to, other] = [createIdentity(), createIdentity(), createIdentity()];
const holder = { consortium: 'ab'.repeat(16) as ConsortiumId, role: 'site', id: 'north' } as const;
const terms = { ...holder, from: from.publicKey };
const change = makeKeyChange(from, to, holder);
const fault = (problem: RegExp) =>
  expect.objectContaining({ code: 'CSM-KEY-CHANGE', message: expect.stringMatching(problem) });

describe('a change of keys', () => {
  it('holds when both keys signed it, also after JSON', () => {
    expect(() => checkKeyChange(keyChange.parse(JSON.parse(JSON.stringify(change))), terms)).not.toThrow();
  });

  it.each<[string, KeyChange]>([
    ['without the old key', makeKeyChange({ ...other, publicKey: from.publicKey }, to, holder)],
    ['without the new key', makeKeyChange(from, { ...other, publicKey: to.publicKey }, holder)],
    ['with the signatures of another change', { ...change, signatures: makeKeyChange(from, other, holder).signatures }],
    ['to the very same key', makeKeyChange(from, from, holder)],
  ])('%s does not', (_, bad) => {
    expect(isSignedChange(bad)).toBe(false);
    expect(() => checkKeyChange(bad, terms)).toThrow(fault(/not signed by both/));
  });

  it('is for one holder, and leads on from the key that counts now', () => {
    expect(() => checkKeyChange(change, { ...terms, id: 'south' })).toThrow(fault(/somebody else/));
    expect(() => checkKeyChange(change, { ...terms, role: 'coordinator' })).toThrow(fault(/somebody else/));
    expect(() => checkKeyChange(change, { ...terms, consortium: 'cd'.repeat(16) as ConsortiumId })).toThrow(
      fault(/somebody else/),
    );
    expect(() => checkKeyChange(change, { ...terms, from: other.publicKey })).toThrow(fault(/begin with/));
  });
});
