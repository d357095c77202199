import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contract, previousFault, readRunFile } from '../contract/index.js';
import { encodePrevious, type PreviousModel, readPrevious } from './index.js';

const text = `name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 2, optimizer: { name: adam, rate: 1e-3 } }
`;
const terms = contract.parse({
  ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {} },
  ...{ notAfter: '2999-01-01T00:00:00Z', runFile: readRunFile(text) },
});
const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const whole: PreviousModel = {
  contract: terms,
  preparation: bytes(10, 1),
  model: bytes(2, 3, 4),
  frozen: bytes(10, 5),
};
const coded = expect.objectContaining({ code: 'CSM-RUNFILE-PREVIOUS' });

describe('the file of an earlier model', () => {
  it.each([
    ['with what its last stage did not train', whole],
    ['without', { ...whole, frozen: null }],
    ['of empty parts', { ...whole, preparation: bytes(), frozen: bytes() }],
  ])('comes back as it was sent, %s', (_, model) => {
    expect(readPrevious(encodePrevious(model))).toEqual(model);
  });

  it('is refused when it was cut or lengthened anywhere', () => {
    const file = encodePrevious(whole);
    for (let end = 0; end < file.length; end++) expect(() => readPrevious(file.subarray(0, end))).toThrow(coded);
    expect(() => readPrevious(Buffer.concat([file, bytes(1)]))).toThrow(coded);
  });

  it('is refused with a code, never a crash, whatever bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (file) => {
        expect(() => readPrevious(file)).toThrow(coded);
      }),
    );
    const file = encodePrevious(whole);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, value) => {
        const altered = file.slice();
        altered[at] = value;
        try {
          readPrevious(altered);
        } catch (thrown) {
          expect(thrown).toEqual(coded);
        }
      }),
    );
  });
});

describe('an earlier run beside another', () => {
  const now = readRunFile(text);
  const changed = (from: string, to: string) => readRunFile(text.replace(from, to));

  it('may have other settings, files and features', () => {
    expect(previousFault(now, now)).toBeNull();
    expect(previousFault(now, changed('rounds: 2', 'rounds: 9'))).toBeNull();
    expect(previousFault(now, changed('expression.csv', 'older.csv'))).toBeNull();
    expect(previousFault(now, changed('label: subtype', 'label: subtype, features: [G1]'))).toBeNull();
    expect(previousFault(now, changed('some-family', 'other-family'))).toBeNull();
  });

  it.each([
    ['[A, B]', '[B, A]', 'model.classes'],
    ['label: subtype', 'label: diagnosis', 'data.label'],
    ['label: subtype', 'label: subtype, id: barcode', 'data.id'],
    ['label: subtype', 'label: subtype, patient: person', 'data.patient'],
    ['label: subtype', 'label: subtype, group: lineage, groups: [x]', 'data.group'],
  ])('must not have %s as %s', (from, to, key) => {
    expect(previousFault(now, changed(from, to))).toBe(`its run file has another ${key}`);
    expect(previousFault(changed(from, to), now)).toBe(`its run file has another ${key}`);
  });

  it('must not have been trained on copies of what it is tested on', () => {
    const copied = readRunFile(`${text}preparation: { oversample: { method: duplicate, when: beforeSplit } }\n`);
    expect(previousFault(now, copied)).toMatch(/copied before they are split/);
    expect(previousFault(copied, now)).toMatch(/copied before they are split/);
  });
});
