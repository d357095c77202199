import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SplitSample, splitPatients } from './split.js';

const sample = (patient: number, label: number): SplitSample => ({ patient: `p${patient}`, label, named: null });
const samples = fc.array(
  fc.tuple(fc.nat(60), fc.nat(3)).map(([patient, label]) => sample(patient, label)),
  { minLength: 1, maxLength: 200 },
);
const shares = { validation: 0.15, test: 0.2, seed: 7 };

describe('splitPatients', () => {
  it('draws exact shares of patients, whatever their number of samples, in any order of rows', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (drawn, seed) => {
        const { parts } = splitPatients(drawn, { ...shares, seed });
        const patients = new Set(drawn.map(({ patient }) => patient));
        expect(new Set(parts.keys())).toEqual(patients);
        const count = (part: string): number => [...parts.values()].filter((each) => each === part).length;
        expect(count('test')).toBe(Math.floor(patients.size * 0.2 + 0.5));
        expect(count('validation')).toBe(Math.floor((patients.size - count('test')) * 0.15 + 0.5));
        const again = splitPatients(drawn.toReversed(), { ...shares, seed }).parts;
        expect(new Map([...again].sort())).toEqual(new Map([...parts].sort()));
      }),
    );
  });

  it('takes its share of each class, to one patient', () => {
    const cohort = [...Array(100)].map((_, index) => sample(index, index < 70 ? 0 : index < 90 ? 1 : 2));
    const { parts } = splitPatients(cohort, shares);
    for (const [label, expected] of [14, 4, 2].entries()) {
      const held = cohort.filter((each) => each.label === label && parts.get(each.patient) === 'test').length;
      expect(Math.abs(held - expected)).toBeLessThanOrEqual(1);
    }
  });

  it('draws others with another seed', () => {
    const cohort = [...Array(100)].map((_, index) => sample(index, 0));
    const test = (seed: number) =>
      [...splitPatients(cohort, { ...shares, seed }).parts]
        .filter(([, part]) => part === 'test')
        .map(([patient]) => patient);
    expect(test(1)).not.toEqual(test(2));
  });

  it('keeps the test part of a split file and draws validation from its training patients alone', () => {
    const cohort = [...Array(40)].map((_, index) => ({
      ...sample(index, 0),
      named: new Set([index < 30 ? ('train' as const) : ('test' as const)]),
    }));
    const { parts, straddling } = splitPatients(cohort, shares);
    expect(straddling).toBe(0);
    expect(cohort.filter((_, index) => index >= 30).every(({ patient }) => parts.get(patient) === 'test')).toBe(true);
    expect([...parts.values()].filter((part) => part === 'validation')).toHaveLength(5);
  });

  it('draws no validation where the split file names it', () => {
    const cohort = [...Array(40)].map((_, index) => ({
      ...sample(index, 0),
      named: new Set([index === 0 ? ('validation' as const) : ('train' as const)]),
    }));
    expect([...splitPatients(cohort, shares).parts.values()].filter((part) => part === 'validation')).toHaveLength(1);
  });

  it('counts patients that a split file puts in two parts, also through two samples', () => {
    const two = [
      { ...sample(1, 0), named: new Set(['train' as const]) },
      { ...sample(1, 0), named: new Set(['test' as const]) },
      { ...sample(2, 0), named: new Set(['train' as const, 'test' as const]) },
      { ...sample(3, 0), named: new Set(['train' as const]) },
    ];
    expect(splitPatients(two, shares).straddling).toBe(2);
  });
});
