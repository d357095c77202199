import { type Contract, contractHash, extendContract, idOf } from '@consilium/shared/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { extensionFault } from './extension.js';
import { currentStep } from './state.js';
import { a, b, c, drive, fault, hash, manifestOf, sites, until } from './testing/drive.js';
import { workFor } from './work.js';

type Run = ReturnType<typeof drive>;
const extend = (run: Run, contract: Contract) => run.send({ kind: 'extend', contract, contractBlob: hash('longer') });
const longer = (run: Run, rounds: number) => extendContract(run.state().contract, { rounds });
const codeOf = (run: Run, contract: Contract) => extensionFault(run.state(), contract)?.code ?? null;

function through(run: Run, losses: Readonly<Record<string, number>> = {}): readonly string[] {
  const seen: string[] = [];
  while (run.state().phase === 'running') {
    const id = idOf(currentStep(run.state())!);
    seen.push(id);
    run.step(sites, losses[id]);
  }
  return seen;
}

describe('a run that is extended', () => {
  it('goes on with the added rounds, and ends as a run that had them from the start', () => {
    const losses = { 'validate:2': 0.4, 'validate:4': 0.1 };
    const long = drive({ rounds: 4 });
    const run = drive({ rounds: 2 });
    until(run, 'train:0:2');
    const contract = longer(run, 4);
    expect(extend(run, contract)).toEqual([
      {
        ...{ type: 'extended', contract: contractHash(contract), contractBlob: hash('longer') },
        ...{ rounds: 4, notAfter: '2030-01-01T00:00:00.000Z' },
      },
    ]);
    expect(workFor(run.state(), a, hash('head'))).toMatchObject({
      ...{ contract: contractHash(contract), contractBlob: hash('longer'), step: 'train:0:2', index: 5 },
    });
    through(long, losses);
    expect(through(run, losses)).toEqual([
      ...['train:0:2', 'validate:2', 'train:0:3', 'validate:3', 'train:0:4', 'validate:4', 'test'],
    ]);
    const { history, best, outcome, steps } = long.state();
    expect(run.state()).toMatchObject({ history, best, outcome, steps });
  });

  it('counts what was signed under the former contract for the open step alone', () => {
    const run = drive({ rounds: 2 });
    until(run, 'train:0:2');
    const early = manifestOf(run.state(), a);
    const late = manifestOf(run.state(), b);
    run.send({ kind: 'contribution', site: a, contribution: early, error: null });
    const contract = longer(run, 3);
    extend(run, contract);
    expect(run.state().contracts).toEqual([early.manifest.contract, contractHash(contract)]);
    run.send({ kind: 'contribution', site: b, contribution: late, error: null });
    run.contribute(c);
    expect([...run.state().accepted.values()].map(({ manifest }) => manifest.contract)).toEqual([
      ...[early.manifest.contract, early.manifest.contract, contractHash(contract)],
    ]);
    run.fold(run.outputOf());
    expect(run.state().contracts).toEqual([contractHash(contract)]);
  });

  it('has its last round judged before it is too late', () => {
    const run = drive({ rounds: 2 });
    until(run, 'validate:2');
    extend(run, longer(run, 3));
    expect(through(run)).toEqual(['validate:2', 'train:0:3', 'validate:3', 'test']);
  });

  it('gives its last stage alone more rounds', () => {
    const run = drive({ stages: [{ name: 'body' }, { name: 'head' }], rounds: 1 });
    until(run, 'train:0:1');
    extend(run, longer(run, 2));
    expect(through(run)).toEqual([
      ...['train:0:1', 'validate:1', 'initial:1', 'train:1:1', 'validate:1:1', 'train:1:2', 'validate:1:2', 'test'],
    ]);
  });

  it('takes more time until its end, though no more rounds', () => {
    const run = drive({ rounds: 1 });
    until(run, 'test');
    const later = extendContract(run.state().contract, { notAfter: new Date('2031-01-01') });
    expect(codeOf(run, longer(run, 2))).toBe('CSM-EXTEND-LATE');
    expect(extend(run, later)).toHaveLength(1);
    through(run);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'complete', contract: { notAfter: later.notAfter } });
    expect(codeOf(run, extendContract(later, { notAfter: new Date('2032-01-01') }))).toBe('CSM-EXTEND-LATE');
    expect(extend(run, extendContract(later, { notAfter: new Date('2032-01-01') }))).toEqual([]);
  });

  it('can be paused for it', () => {
    const run = drive({ rounds: 1 });
    until(run, 'train:0:1');
    run.send({ kind: 'pause' });
    extend(run, longer(run, 2));
    expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'lead' });
    run.send({ kind: 'resume' });
    expect(through(run).filter((step) => step.startsWith('train'))).toEqual(['train:0:1', 'train:0:2']);
  });

  it('refuses when the round that is judged for being the last would be so no more', () => {
    const run = drive({ rounds: 3, validation: { everyRounds: 2 } });
    until(run, 'train:0:3');
    expect(codeOf(run, longer(run, 4))).toBeNull();
    until(run, 'validate:3');
    expect(codeOf(run, longer(run, 4))).toBe('CSM-EXTEND-LATE');
  });

  it('refuses what extends another contract, or changes something else', () => {
    const run = drive({ rounds: 2 });
    until(run, 'train:0:1');
    const { contract } = run.state();
    const first = longer(run, 3);
    const other = { ...first, runFile: { ...first.runFile, seed: 8 } };
    const elsewhere = extendContract({ ...contract, run: '2'.repeat(32) as Contract['run'] }, { rounds: 3 });
    expect([other, contract, elsewhere].map((one) => codeOf(run, one))).toEqual([
      ...['CSM-EXTEND-OTHER', 'CSM-EXTEND-OTHER', 'CSM-EXTEND-OTHER'],
    ]);
    extend(run, first);
    for (const stale of [first, extendContract(contract, { rounds: 9 })]) {
      expect(codeOf(run, stale)).toBe('CSM-EXTEND-STALE');
      expect(extend(run, stale)).toEqual([]);
    }
    const shrunk = { ...longer(run, 9), runFile: contract.runFile };
    expect(codeOf(run, shrunk)).toBe('CSM-EXTEND-SHORTER');
    expect(codeOf(run, { ...longer(run, 9), runFile: first.runFile })).toBe('CSM-EXTEND-NOTHING');
  });

  it('is the same after a replay of its records, whenever it was extended and by how much', () => {
    const deed = fc.oneof(
      { weight: 4, arbitrary: fc.constant('step' as const) },
      fc.constantFrom('contribute' as const, 'leave' as const, 'pause' as const, 'resume' as const),
      fc.integer({ min: 1, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 25 }), fc.boolean(), (deeds, staged) => {
        const run = drive(staged ? { stages: [{ name: 'body', rounds: 1 }, { name: 'head' }] } : {});
        for (const one of deeds) {
          const { phase, stepPhase } = run.state();
          if (phase === 'closed') break;
          const done = run.state().steps.slice(0, run.state().index + 1);
          if (typeof one === 'number') {
            const { contract } = run.state();
            const before = contract.runFile.stages?.at(-1)?.rounds ?? contract.runFile.training.rounds;
            extend(run, extendContract(contract, { rounds: before + one }));
          } else if (one === 'step') {
            if (phase === 'running') run.step();
          } else if (one === 'contribute') {
            if (stepPhase === 'open') run.contribute(a);
          } else if (one === 'leave') {
            const step = idOf(currentStep(run.state())!);
            run.send({ kind: 'declined', site: b, step, excused: false, error: fault });
          } else run.send({ kind: one });
          // Nothing done loses its place.
          expect(run.state().steps.slice(0, done.length)).toEqual(done);
        }
        expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
      }),
      { numRuns: 60 },
    );
  });
});
