import { contract, idOf, runFile } from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { coverageOf } from './coverage.js';
import old from './journal-before-groups.fixture.json' with { type: 'json' };
import { isExcused } from './participation.js';
import { runRecord } from './records.js';
import { samplesOf } from './samples.js';
import { currentStep, newRun } from './state.js';
import { a, b, c, drive, fault, hash, sites, until } from './testing/drive.js';

const small = toWire(coded('CSM-COHORT-STAGE', { stage: 'body', minimum: 5 }));
const stages = [
  { name: 'body', groups: ['progenitor'], rounds: 2 },
  { name: 'head', rounds: 1 },
];
const signed = { 'hospital-a': [4, 10], 'hospital-b': [12, 30], 'hospital-c': [null, 60] } as Record<
  SiteId,
  (number | null)[]
>;

/** A run in which hospital-c has too few progenitors. */
function begun(participation: object = {}) {
  const run = drive({ groups: ['progenitor', 'monocyte'], stages, participation });
  for (const site of sites) run.contribute(site);
  run.fold({ preparation: hash('cohort'), stageSamples: signed });
  return run;
}

/** The whole run, hospital-c declining what is asked of it in the first stage. */
function through(run: ReturnType<typeof drive>): void {
  while (run.state().phase === 'running') {
    const step = currentStep(run.state())!;
    const inBody = (step.kind === 'train' || step.kind === 'validate') && step.stage === 0;
    if (!inBody) {
      run.step();
      continue;
    }
    run.contribute(a);
    run.contribute(b);
    run.send({
      kind: 'declined',
      site: c,
      step: idOf(step),
      excused: isExcused(run.state(), c, small.code),
      error: small,
    });
    run.fold(run.outputOf());
  }
}

describe('a run whose stages look at groups', () => {
  it('takes for a step what each site signed for its stage, and all for preparation and test', () => {
    const { steps, ...state } = begun().state();
    const of = (id: string) =>
      sites.map((site) => samplesOf({ ...state, steps }, site, steps.find((step) => idOf(step) === id)!));
    expect(of('prepare:scale:1')).toEqual([10, 30, 60]);
    expect(of('train:0:2')).toEqual([4, 12, null]);
    expect(of('validate:1')).toEqual([4, 12, null]);
    expect(of('train:1:1')).toEqual([10, 30, 60]);
    expect(of('test')).toEqual([10, 30, 60]);
  });

  it('goes on without a site that has too few patients for a stage, is complete, and says so once', () => {
    const run = begun();
    through(run);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'complete', error: null });
    const coverage = coverageOf(run.state());
    expect(coverage.sites.map(({ missing }) => missing)).toEqual([
      [],
      [],
      [{ since: 'train:0:1', error: small, excused: true }],
    ]);
    expect(coverage.sites[2]).toMatchObject({ asked: 9, contributed: 5 });
    expect(coverage.sampleShare).toEqual({ least: 1, mean: 1 });
    expect(run.records.map((record) => runRecord.parse(JSON.parse(JSON.stringify(record))))).toEqual(run.records);
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
  });

  it('excuses nobody who signed samples for the stage, nor in a stage of all groups', () => {
    const run = begun();
    until(run, 'train:0:1');
    expect(sites.map((site) => isExcused(run.state(), site, small.code))).toEqual([false, false, true]);
    run.contribute(a);
    run.send({ kind: 'declined', site: c, step: 'train:0:1' as StepId, excused: true, error: small });
    run.send({ kind: 'declined', site: b, step: 'train:0:1' as StepId, excused: false, error: fault });
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: { code: 'CSM-RUN-QUORUM' } });

    const later = begun();
    until(later, 'train:1:1', [a, b, c]);
    expect(isExcused(later.state(), c, small.code)).toBe(false);
  });

  it('asks for the share of samples by those of the stage', () => {
    const run = begun({ quorum: 1, minimumSampleShare: 0.75 });
    until(run, 'train:0:1');
    run.contribute(b);
    run.send({ kind: 'declined', site: c, step: 'train:0:1' as StepId, excused: true, error: small });
    run.send({ kind: 'declined', site: a, step: 'train:0:1' as StepId, excused: false, error: fault });
    // 12 of 16 progenitors.
    expect(run.state().stepPhase).toBe('folding');
  });
});

describe('a journal written before runs had groups', () => {
  it('tells the same run', () => {
    const terms = contract.parse({
      ...{ format: 'consilium-contract-1', consortium: '0'.repeat(32), run: '1'.repeat(32) },
      ...{ notAfter: '2030-01-01T00:00:00Z', files: {}, runFile: runFile.parse(old.runFile) },
    });
    const state = old.records.map((record) => runRecord.parse(record)).reduce(apply, newRun(terms));
    const { outcome, model, best, samples, history } = state;
    expect({
      outcome,
      model,
      best,
      samples: Object.fromEntries(samples),
      steps: history.map(({ step }) => step),
    }).toEqual(old.end);
    expect(state.stageSamples.size).toBe(0);
    expect(coverageOf(state)).toMatchObject({ sampleShare: { least: 1, mean: 1 } });
  });
});
