import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import { consortiumId, runId } from '../ids.js';
import { parseGeneLengths } from './gene-lengths.js';
import { makeContract } from './make-contract.js';
import { readRunFile } from './read-run-file.js';

const read = (text: string) => parseGeneLengths(text, 'lengths.tsv');

describe('a list of gene lengths', () => {
  it('holds a name and a number a line, whatever stands between them', () => {
    const lengths = read('\uFEFF# effective lengths\r\nTP53\t2591\n\nNPM1, 1307.5 \nFLT3;3848\n');
    expect([...lengths]).toEqual([
      ['TP53', 2591],
      ['NPM1', 1307.5],
      ['FLT3', 3848],
    ]);
  });

  it.each([
    ['', 1, /holds no gene/],
    ['# none', 1, /holds no gene/],
    ['A\t5\ngene\tlength', 2, /no number above 0/],
    ['A\t0', 1, /no number above 0/],
    ['A\t-5', 1, /no number above 0/],
    ['A\t1e3', 1, /no number above 0/],
    ['A', 1, /no number above 0/],
    ['A\t5\t6', 1, /not a name and a number/],
    ['\t5\n', 1, /not a name and a number|no number above 0/],
    ['A\t5\nA\t5', 2, /stands twice/],
  ])('is refused: %j', (text, line, problem) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'CSM-RUNFILE-LENGTHS',
        details: { file: 'lengths.tsv', line, problem: expect.stringMatching(problem) },
      }),
    );
  });

  it('never fails but by its own code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(read(text).size).toBeGreaterThan(0);
        } catch (thrown) {
          if (!(thrown instanceof CodedError)) throw thrown;
        }
      }),
    );
  });
});

describe('a run file that asks for TPM', () => {
  const run = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data:
  kind: expression-table
  label: subtype
  transforms: [{ tpm: { lengths: lengths.tsv } }, { log2p1: all }]
  files: { features: expression.csv }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
  const contractWith = (files: Readonly<Record<string, string>>) =>
    makeContract({
      ...{ runFile: run, files, notAfter: new Date('2026-02-01T00:00:00Z') },
      ...{ consortium: consortiumId.parse('c'.repeat(32)), run: runId.parse('a'.repeat(32)) },
    });

  it('has the lengths in its contract', () => {
    expect(contractWith({ 'lengths.tsv': 'A\t100' }).files['lengths.tsv']?.text).toBe('A\t100');
  });

  it('is not signed without them, nor with others', () => {
    expect(() => contractWith({})).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-MISSING' }));
    expect(() => contractWith({ 'lengths.tsv': 'A\tlong' })).toThrow(
      expect.objectContaining({ code: 'CSM-RUNFILE-LENGTHS' }),
    );
  });
});
