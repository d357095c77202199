import { describe, expect, it } from 'vitest';
import { type LabelledSamples, labelled } from '../../samples/index.js';
import { checkInput } from './data.js';
import { example } from './example.js';

const { blueprint, samples } = example(1);
const probe = { ...blueprint, stage: 'probe' };

const bags = (starts: readonly number[], values: readonly number[], width = 2): LabelledSamples =>
  labelled(
    {
      kind: 'bags',
      rows: starts.length - 1,
      width,
      starts: Int32Array.from(starts),
      values: Float32Array.from(values),
    },
    new Int32Array(starts.length - 1),
  );
const plain = { ...probe, input: { kind: 'bags', width: 2, sides: {} } } as const;
const findings = (values: readonly number[], width = 1) => ({
  ...bags([0, 1], [1, 2]),
  sides: { karyotype: { width, values: Float32Array.from(values) } },
});
const withKaryotype = { ...plain, input: { ...plain.input, sides: { karyotype: 1 } } };

describe('checkInput', () => {
  it('takes bags of any size with findings of which some are not known', () => {
    expect(() => checkInput(samples, blueprint)).not.toThrow();
    expect(() => checkInput(bags([0, 1, 3], [1, 2, 3, 4, 5, 6]), plain)).not.toThrow();
    expect(() => checkInput(findings([Number.NaN]), withKaryotype)).not.toThrow();
  });

  it('asks for labels where they matter', () => {
    const unknown = { ...samples, y: samples.y.map(() => -1) };
    expect(() => checkInput(unknown, blueprint)).not.toThrow();
    expect(() => checkInput(unknown, probe)).toThrow(expect.objectContaining({ code: 'CSM-MODEL-INPUT' }));
  });

  it.each([
    {
      what: 'rows of numbers',
      given: labelled({ kind: 'rows', rows: 1, width: 2, values: new Float32Array(2) }, Int32Array.of(0)),
      wanted: plain,
      problem: 'bags of cells',
    },
    { what: 'another width', given: bags([0, 1], [1, 2, 3], 3), wanted: plain, problem: '3 wide instead of 2' },
    { what: 'an empty bag', given: bags([0, 1, 1], [1, 2]), wanted: plain, problem: 'no cell' },
    { what: 'a value that is no number', given: bags([0, 1], [1, Number.NaN]), wanted: plain, problem: 'finite' },
    { what: 'no findings', given: bags([0, 1], [1, 2]), wanted: withKaryotype, problem: 'karyotype is 0 wide' },
    {
      what: 'findings of another width',
      given: findings([0, 1], 2),
      wanted: withKaryotype,
      problem: 'karyotype is 2 wide',
    },
    { what: 'half a finding', given: findings([0.5]), wanted: withKaryotype, problem: 'neither 0 nor 1' },
  ])('refuses $what', ({ given, wanted, problem }) => {
    expect(() => checkInput(given, wanted)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT', message: expect.stringContaining(problem) }),
    );
  });
});
