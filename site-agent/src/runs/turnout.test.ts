import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contract, runFile, type Step } from '@consilium/shared/contract';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteAccepted, takenPart, withRound } from './turnout.js';

const contract = {
  runFile: runFile.parse({
    name: 'turnout-test',
    model: { family: 'attention-aml', classes: ['x', 'y'] },
    data: { kind: 'expression-table', label: 'y', files: { features: 'x.csv' } },
    training: { rounds: 9, optimizer: { name: 'sgd', rate: 0.1 } },
  }),
} as Contract;
const round = (number: number): Step => ({ kind: 'train', stage: 0, round: number });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-turnout-'));
});
afterEach(() => rm(folder, { recursive: true }));

const accepted = async () => (await takenPart(folder, contract))[0]?.accepted;

describe('the rounds that took an update', () => {
  it('are noted once each, in any order, and nothing but training is one', async () => {
    expect(await takenPart(folder, contract)).toEqual([{ stage: 'train', rounds: 9, accepted: [] }]);
    for (const number of [1, 2, 2, 5, 4, 1]) await noteAccepted(folder, round(number));
    await noteAccepted(folder, { kind: 'test' });
    expect(await accepted()).toEqual([
      [1, 2],
      [4, 5],
    ]);
    await noteAccepted(folder, round(3));
    expect(await accepted()).toEqual([[1, 5]]);
  });

  it('of a damaged file are none, and noting goes on', async () => {
    await noteAccepted(folder, round(1));
    await writeFile(join(folder, 'turnout.json'), '{"stages":');
    expect(await accepted()).toEqual([]);
    await noteAccepted(folder, round(2));
    expect(await accepted()).toEqual([[2, 2]]);
  });

  it('are told as rows that hold each of them, and no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (rounds) => {
        const rows = rounds.reduce(withRound, []);
        const told = rows.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
        expect(told).toEqual([...new Set(rounds)].sort((a, b) => a - b));
        // Rows that touch are one.
        for (const [place, [first]] of rows.entries()) expect(first).toBeGreaterThan((rows[place - 1]?.[1] ?? -1) + 1);
      }),
    );
  });
});
