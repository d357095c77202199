import { type Contract, contract, idOf, runFile } from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import type { SignedManifest } from '@consilium/shared/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { coverageOf } from './coverage.js';
import { decide, type RunInput } from './decide.js';
import type { PooledMetrics, RunRecord, StepOutput } from './records.js';
import { currentStep, newRun, type RunState } from './state.js';
import { work, workFor } from './work.js';

const sites = ['hospital-a', 'hospital-b', 'hospital-c'] as unknown as readonly SiteId[];
const [a, b, c] = sites as [SiteId, SiteId, SiteId];
const hash = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64) as BlobHash;
const fault = toWire(coded('CSM-INTERNAL', { kind: 'test' }));

function terms(changes: { participation?: object; validation?: object; rounds?: number } = {}): Contract {
  return contract.parse({
    format: 'consilium-contract-1',
    consortium: '0'.repeat(32),
    run: '1'.repeat(32),
    notAfter: '2030-01-01T00:00:00Z',
    files: {},
    runFile: runFile.parse({
      name: 'engine-test',
      model: { family: 'attention-aml', classes: ['x', 'y'] },
      data: { kind: 'expression-table', label: 'y', files: { features: 'x.csv' } },
      training: { rounds: changes.rounds ?? 2, optimizer: { name: 'sgd', rate: 0.1 } },
      participation: changes.participation ?? {},
      validation: changes.validation ?? {},
    }),
  });
}

const sampleCounts: Readonly<Record<string, number>> = { 'hospital-a': 10, 'hospital-b': 30, 'hospital-c': 60 };

function manifestOf(state: RunState, site: SiteId, text = 'update'): SignedManifest {
  return {
    manifest: {
      consortium: state.contract.consortium,
      run: state.contract.run,
      contract: state.contractHash!,
      step: idOf(currentStep(state)!),
      site,
      base: state.model,
      kind: 'update',
      codec: 'f32',
      samples: sampleCounts[site] ?? 1,
      hash: hash(`${text}-${site}-${state.index}`),
      bytes: 8,
    },
    signature: 's'.repeat(86) as SignedManifest['signature'],
  };
}

const figures = (loss: number): PooledMetrics => ({
  n: 10,
  loss,
  accuracy: 1 - loss,
  balancedAccuracy: null,
  macroF1: null,
  weightedF1: null,
  mcc: null,
  auc: null,
  ece: null,
  brier: null,
});

/** A run driven by hand: keeps every record, so that replay can be compared. */
function drive(changes: Parameters<typeof terms>[0] = {}, stepwise = false) {
  const initial = newRun(terms(changes));
  const records: RunRecord[] = [];
  let state = initial;
  const send = (input: RunInput): readonly RunRecord[] => {
    const made = decide(state, input);
    state = made.reduce(apply, state);
    records.push(...made);
    return made;
  };
  const contribute = (site: SiteId, text?: string) =>
    send({ kind: 'contribution', site, contribution: manifestOf(state, site, text), error: null });
  const fold = (output: StepOutput = {}) => send({ kind: 'folded', step: idOf(currentStep(state)!), output });
  const outputOf = (loss = 0.5): StepOutput => {
    switch (currentStep(state)!.kind) {
      case 'prepare':
        return { preparation: hash(`preparation-${state.index}`) };
      case 'initial':
      case 'train':
        return { model: hash(`model-${state.index}`) };
      default:
        return { metrics: figures(loss) };
    }
  };
  /** One whole step by the given sites. */
  const step = (by: readonly SiteId[] = sites, loss?: number) => {
    if (currentStep(state)!.kind !== 'initial') for (const site of by) contribute(site);
    fold(outputOf(loss));
  };
  send({ kind: 'launch', contractHash: hash('contract'), contractBlob: hash('blob'), sites, stepwise });
  return { send, contribute, fold, step, outputOf, records, initial, state: () => state };
}

const until = (run: ReturnType<typeof drive>, step: string, by = sites) => {
  while (idOf(currentStep(run.state())!) !== step) run.step(by);
};

describe('a run', () => {
  it('goes through its steps and ends complete with the best round by validation loss', () => {
    const run = drive();
    const seen: string[] = [];
    const losses: Record<string, number> = { 'validate:1': 0.2, 'validate:2': 0.3, test: 0.4 };
    while (run.state().phase === 'running') {
      const id = idOf(currentStep(run.state())!);
      seen.push(id);
      run.step(sites, losses[id]);
    }
    expect(seen).toEqual([
      'prepare:cohort:1',
      'prepare:scale:1',
      'initial',
      'train:0:1',
      'validate:1',
      'train:0:2',
      'validate:2',
      'test',
    ]);
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'complete', best: { round: 1, value: 0.2 } });
    expect(coverageOf(run.state()).sampleShare).toEqual({ least: 1, mean: 1 });
  });

  it('judges the chosen model, not the newest, in the final test', () => {
    const run = drive();
    const chosen: Record<string, number> = { 'validate:1': 0.2, 'validate:2': 0.3 };
    while (idOf(currentStep(run.state())!) !== 'test') run.step(sites, chosen[idOf(currentStep(run.state())!)]);
    expect(workFor(run.state(), a, hash('head'))?.model).toBe(run.state().best?.model);
    expect(run.state().best?.model).not.toBe(run.state().model);
  });

  it('hands over the last model when nothing is kept for validation', () => {
    const run = drive({ validation: { share: 0 } });
    while (run.state().phase === 'running') run.step();
    expect(run.state().best).toBeNull();
    expect(run.state().history.map(({ step }) => step)).not.toContain('validate:1');
  });

  it('is the same after a replay of its records', () => {
    const run = drive();
    while (run.state().phase === 'running') run.step();
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
  });

  it('folds contributions in canonical order whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...sites], { minLength: 3 }), (order) => {
        const run = drive();
        for (const site of order) run.contribute(site);
        expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b, c]);
      }),
    );
  });

  it('waits for the lead between rounds when launched stepwise', () => {
    const run = drive({}, true);
    until(run, 'initial');
    run.step();
    expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'stepwise' });
    expect(workFor(run.state(), a, hash('head'))).toBeNull();
    run.send({ kind: 'next' });
    expect(run.state().phase).toBe('running');
    expect(idOf(currentStep(run.state())!)).toBe('train:0:1');
  });

  it('stops when the lead says so, and is then deaf', () => {
    const run = drive();
    run.send({ kind: 'stop' });
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: { code: 'CSM-RUN-STOPPED' } });
    expect(run.contribute(a)).toEqual([]);
  });

  it('fails with the cause when a fold fails', () => {
    const run = drive();
    until(run, 'initial');
    run.send({ kind: 'fold-failed', step: 'initial' as StepId, error: fault });
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: fault });
  });
});

describe('a contribution', () => {
  it('counts once: the same again changes nothing, another one is refused and the first stands', () => {
    const run = drive();
    run.contribute(a);
    const first = run.state().accepted.get(a);
    expect(run.contribute(a)).toEqual([]);
    expect(run.contribute(a, 'other')).toMatchObject([
      { type: 'contribution-refused', site: a, error: { code: 'CSM-UPDATE-SECOND' } },
    ]);
    expect(run.state().accepted.get(a)).toBe(first);
  });

  it('that was refused leaves the step open, and a good one is taken after it', () => {
    const run = drive();
    const bad = manifestOf(run.state(), a, 'bad');
    run.send({ kind: 'contribution', site: a, contribution: bad, error: fault });
    expect(workFor(run.state(), a, hash('head'))?.verdict).toMatchObject({ outcome: 'refused', error: fault });
    run.contribute(a);
    expect(workFor(run.state(), a, hash('head'))?.verdict).toMatchObject({ outcome: 'accepted' });
  });

  it('for another step is no record at all', () => {
    const run = drive();
    const early = manifestOf(run.state(), a);
    until(run, 'train:0:1');
    expect(run.send({ kind: 'contribution', site: a, contribution: early, error: null })).toEqual([]);
  });
});

describe('a site that stays away', () => {
  const limitMs = 600_000;

  it('pauses the run with the cause when every site is needed, and its return resumes it', () => {
    const run = drive();
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    expect(run.send({ kind: 'idle', site: c, idleMs: limitMs - 1 })).toEqual([]);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state()).toMatchObject({
      phase: 'paused',
      pausedBy: 'participation',
      error: { code: 'CSM-RUN-QUORUM' },
    });
    run.send({ kind: 'progress', site: c });
    expect(run.state().phase).toBe('running');
    run.contribute(c);
    expect(run.state().stepPhase).toBe('folding');
  });

  it('is gone without when the quorum allows it, costs one idle limit only, and the run ends degraded', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.contribute(b);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().stepPhase).toBe('folding');
    run.fold(run.outputOf());
    while (run.state().phase === 'running') run.step([a, b]);
    expect(run.state().outcome).toBe('degraded');
    const absent = coverageOf(run.state()).sites.find(({ site }) => site === c);
    expect(absent?.missing).toMatchObject([{ since: 'train:0:1', error: { code: 'CSM-RUN-SITE-IDLE' } }]);
    expect(coverageOf(run.state()).sampleShare?.least).toBeCloseTo(0.4, 12);
  });

  it('is missing for the reason its contribution was refused for', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.send({ kind: 'contribution', site: c, contribution: manifestOf(run.state(), c), error: fault });
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'heard', error: fault });
  });

  it('is out for good when the cohort is folded without its sample count', () => {
    const run = drive({ participation: { quorum: 2 } });
    run.contribute(a);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'heard' });
    run.contribute(b);
    expect(run.state().stepPhase).toBe('folding');
    run.send({ kind: 'progress', site: c });
    expect(run.state().absent.get(c)).toMatchObject({ until: 'run', error: { code: 'CSM-RUN-SITE-IDLE' } });
    expect(workFor(run.state(), c, hash('journal'))).toBeNull();
  });

  it('may still hand in before the fold', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:1');
    run.contribute(a);
    run.send({ kind: 'idle', site: c, idleMs: limitMs });
    run.contribute(c);
    expect(run.state().absent.has(c)).toBe(false);
  });

  it('stops the fold when the contract requires it or its samples', () => {
    for (const participation of [
      { quorum: 1, required: ['hospital-c'] },
      { quorum: 1, minimumSampleShare: 0.5 },
    ]) {
      const run = drive({ participation });
      until(run, 'train:0:1');
      run.contribute(a);
      run.contribute(b);
      run.send({ kind: 'idle', site: c, idleMs: limitMs });
      expect(run.state()).toMatchObject({ phase: 'paused', pausedBy: 'participation' });
    }
  });
});

describe('a site that declines or is revoked', () => {
  it('leaves the run when it cannot prepare; excused by the contract it does not degrade the run', () => {
    for (const excused of [true, false]) {
      const run = drive();
      run.contribute(a);
      run.contribute(b);
      run.send({ kind: 'declined', site: c, step: 'prepare:cohort:1' as StepId, excused, error: fault });
      run.fold(run.outputOf());
      expect(workFor(run.state(), c, hash('head'))).toBeNull();
      while (run.state().phase === 'running') run.step([a, b]);
      expect(run.state().outcome).toBe(excused ? 'complete' : 'degraded');
    }
  });

  it('ends the run when nobody is left', () => {
    const run = drive();
    for (const site of sites) {
      run.send({ kind: 'declined', site, step: 'prepare:cohort:1' as StepId, excused: true, error: fault });
    }
    expect(run.state()).toMatchObject({ phase: 'closed', outcome: 'failed', error: { code: 'CSM-RUN-QUORUM' } });
  });

  it('takes a revoked site and its contribution out of the open step', () => {
    const run = drive();
    until(run, 'train:0:1');
    run.contribute(c);
    run.send({ kind: 'revoked', site: c });
    expect(run.state().accepted.has(c)).toBe(false);
    run.contribute(a);
    run.contribute(b);
    expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b]);
  });

  it('leaves a fold that has begun as it is when a site is revoked, so that it can be done again', () => {
    const run = drive();
    until(run, 'train:0:1');
    for (const site of sites) run.contribute(site);
    const before = work(run.state());
    run.send({ kind: 'revoked', site: c });
    expect(work(run.state())).toEqual(before);
    run.fold(run.outputOf());
    expect(run.state().absent.get(c)).toMatchObject({ until: 'run' });
    run.contribute(a);
    run.contribute(b);
    expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b]);
  });
});

it('any sequence of inputs leaves a state that its records reproduce', () => {
  const site = fc.constantFrom(...sites);
  const input = fc.oneof(
    fc.record({ kind: fc.constant('contribute' as const), site }),
    fc.record({ kind: fc.constant('idle' as const), site, idleMs: fc.constantFrom(1, 600_000) }),
    fc.record({ kind: fc.constant('progress' as const), site }),
    fc.record({ kind: fc.constant('declined' as const), site }),
    fc.constant({ kind: 'fold' as const }),
    fc.constant({ kind: 'pause' as const }),
    fc.constant({ kind: 'resume' as const }),
    fc.constant({ kind: 'next' as const }),
  );
  fc.assert(
    fc.property(
      fc.array(input, { maxLength: 60 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      (inputs, stepwise, quorum) => {
        const run = drive({ participation: { quorum } }, stepwise);
        for (const one of inputs) {
          if (run.state().phase === 'closed') break;
          switch (one.kind) {
            case 'contribute':
              run.contribute(one.site);
              break;
            case 'declined':
              run.send({
                kind: 'declined',
                site: one.site,
                step: idOf(currentStep(run.state())!),
                excused: false,
                error: fault,
              });
              break;
            case 'fold':
              if (run.state().stepPhase === 'folding') run.fold(run.outputOf());
              break;
            default:
              run.send(one);
          }
          const state = run.state();
          const deed = work(state);
          if (deed !== null && deed.step.kind !== 'initial')
            expect(deed.contributions.length).toBeGreaterThanOrEqual(quorum);
        }
        expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
      },
    ),
  );
});
