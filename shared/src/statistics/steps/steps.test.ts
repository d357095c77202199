import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contract, readRunFile } from '../../contract/index.js';
import {
  checkStatistics,
  encodePreparation,
  fittedOf,
  foldStatistics,
  type PreparationState,
  readPreparation,
} from '../index.js';

const terms = contract.parse({
  ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
  ...{ notAfter: '2026-01-01T00:00:00Z', files: {} },
  runFile: readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`),
});
const asked = { contract: terms, state: null, pass: 1 };
const state: PreparationState = {
  ...{ format: 'consilium-preparation-1', features: ['G1'], classCounts: [5, 5], samples: 10, scale: null },
};

describe('what a step has fitted', () => {
  it('goes with the state, and is read by its own schema', () => {
    const fitted = { ...state, fitted: { scale: { mean: [1, 2] } } };
    const again = readPreparation(encodePreparation(fitted));
    expect(again).toEqual(fitted);
    expect(fittedOf(again, 'scale', z.strictObject({ mean: z.array(z.number()) }))).toEqual({ mean: [1, 2] });
  });

  it('is asked for in vain where there is none, or something else', () => {
    for (const given of [state, { ...state, fitted: { scale: 5 } }]) {
      const read = () => fittedOf(given, 'scale', z.strictObject({ mean: z.array(z.number()) }));
      expect(read).toThrow(expect.objectContaining({ code: 'CSM-STATISTICS-INVALID' }));
    }
  });

  it('is no part of a state that was written before there was such a thing', () => {
    expect(Buffer.from(encodePreparation(state)).toString('utf8')).not.toContain('fitted');
  });
});

describe('a step of the preparation', () => {
  it('refuses what is no statistics of its own, as it comes', () => {
    for (const name of ['cohort', 'scale'] as const) {
      const blob = { bytes: Buffer.from('{}'), samples: 10 };
      expect(() => checkStatistics(name, blob, { ...asked, state })).toThrow(
        expect.objectContaining({ code: 'CSM-STATISTICS-INVALID' }),
      );
    }
  });

  it('is not folded before the one that it stands on', () => {
    expect(() => foldStatistics('scale', [], asked)).toThrow(
      expect.objectContaining({ code: 'CSM-STATISTICS-INVALID' }),
    );
  });
});
