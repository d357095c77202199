import { idOf } from '@consilium/shared/contract';
import type { SiteId, StepId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { coverageOf } from './coverage.js';
import { currentStep, inOrder } from './state.js';
import { a, b, c, drive, fault, hash, manifestOf, sites, until } from './testing/drive.js';
import { work, workFor } from './work.js';

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

  it('asks for a step of two passes twice, each on what the one before has left, and replays so from any point', () => {
    const run = drive({ preparation: { select: { anova: 5 }, impute: 'median', harmonise: 'combat' } });
    const seen: string[] = [];
    const stands: (string | null)[] = [];
    while (currentStep(run.state())?.kind === 'prepare') {
      seen.push(idOf(currentStep(run.state())!));
      stands.push(workFor(run.state(), b, hash('head'))!.preparation);
      run.contribute(a);
      // As after a crash: what is known of a step that is half done comes from the records alone.
      const again = run.records.reduce(apply, run.initial);
      expect(again).toEqual(run.state());
      expect(workFor(again, b, hash('head'))).toEqual(workFor(run.state(), b, hash('head')));
      for (const site of [b, c]) run.contribute(site);
      run.fold(run.outputOf());
    }
    expect(seen).toEqual([
      ...['prepare:cohort:1', 'prepare:select:1', 'prepare:impute:1', 'prepare:impute:2'],
      ...['prepare:combat:1', 'prepare:combat:2', 'prepare:scale:1'],
    ]);
    expect(stands).toEqual([null, ...Array.from({ length: 6 }, (_, index) => hash(`preparation-${index}`))]);
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

  it('is journaled as refused a few times in a step, however many bad ones a site sends, and a good one still counts', () => {
    const run = drive();
    const refuse = (site: SiteId, count: number) => {
      const journaled = run.records.length;
      for (let each = 0; each < count; each++) {
        const contribution = manifestOf(run.state(), site, `bad-${run.state().index}-${each}`);
        run.send({ kind: 'contribution', site, contribution, error: fault });
      }
      return run.records.length - journaled;
    };
    expect(refuse(a, 100)).toBe(16);
    expect(refuse(b, 3)).toBe(3);
    expect(run.contribute(a)).toMatchObject([{ type: 'contribution-accepted', site: a }]);
    // Nor do seconds, once its own was accepted.
    expect(refuse(a, 100)).toBe(0);
    expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
    for (const site of [b, c]) run.contribute(site);
    run.fold(run.outputOf());
    expect(refuse(a, 100)).toBe(16);
  });

  it('stands in the order of sites, whoever came first', () => {
    const run = drive();
    for (const site of [c, a, b]) run.contribute(site);
    expect(inOrder(run.state().accepted).map(({ site }) => site)).toEqual([a, b, c]);
    expect(work(run.state())?.contributions.map(({ site }) => site)).toEqual([a, b, c]);
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
