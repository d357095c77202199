import { coded, toWire } from '@consilium/shared/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, coverageOf, isExcused, type RunRecord, type RunState } from '../rounds/index.js';
import { a, b, c, drive, sites, until } from '../rounds/testing/drive.js';
import { befall, bringHome, happening, type Run, terms } from '../rounds/testing/happenings.js';
import { type Due, dueAfter, problemOf } from './course.js';

/** Walks a journal as a check does: the first record that could not come, or none, and the run as it was told up to there. */
function walk(start: RunState, records: readonly RunRecord[]) {
  let state = start;
  let due: Due = [];
  for (const [place, record] of records.entries()) {
    const problem = problemOf(state, due, record);
    if (problem !== null) return { state, bad: { place, problem } };
    due = dueAfter(state, due, record);
    state = apply(state, record);
  }
  return { state, bad: null };
}

const inTime = { participation: { quorum: 2, onShortfall: 'degrade' } };
const tooSmall = coded('CSM-COHORT-SMALL', { minimum: 5 });
const excuses = (run: Run) => isExcused(run.state(), a, tooSmall.code);

/** To its end, without the second site in the first round. */
function degraded() {
  const run = drive(inTime);
  until(run, 'train:0:1');
  run.send({ kind: 'idle', site: b, idleMs: 600_000 });
  run.step([a, c]);
  run.send({ kind: 'progress', site: b });
  while (run.state().phase !== 'closed') run.step();
  expect(run.state().outcome).toBe('degraded');
  return run;
}

const placeOf = ({ records }: Run, wanted: Partial<Record<'type' | 'step' | 'site', string>>): number => {
  const found = records.findIndex((record) =>
    Object.entries(wanted).every(([key, value]) => (record as Record<string, unknown>)[key] === value),
  );
  expect(found).toBeGreaterThanOrEqual(0);
  return found;
};

describe('the course that a journal tells', () => {
  it('is possible whatever befell the run', () => {
    fc.assert(
      fc.property(terms, fc.array(happening, { maxLength: 60 }), ({ participation, stepwise }, happenings) => {
        const run = drive({ participation }, stepwise);
        for (const one of happenings) befall(run, one, excuses);
        bringHome(run);
        expect(walk(run.initial, run.records).bad).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('is not, once a record that tells of its outcome is gone', () => {
    let found = 0;
    fc.assert(
      fc.property(
        terms,
        fc.array(happening, { maxLength: 40 }),
        fc.nat(),
        ({ participation, stepwise }, happenings, at) => {
          const run = drive({ participation }, stepwise);
          for (const one of happenings) befall(run, one, excuses);
          bringHome(run);
          const place = at % run.records.length;
          const { state, bad } = walk(run.initial, run.records.toSpliced(place, 1));
          if (bad !== null) {
            expect(bad.place).toBeGreaterThanOrEqual(place);
            found += 1;
          } else if (state.phase === 'closed' && state.outcome !== 'failed') {
            // Nothing went that anybody would miss: a site that was away for a while and back before the fold, a refusal.
            expect(state.outcome).toBe(run.state().outcome);
            expect(coverageOf(state)).toEqual(coverageOf(run.state()));
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it('leaves nobody out of a step without a word', () => {
    const run = degraded();
    const left = placeOf(run, { type: 'site-left', step: 'train:0:1', site: b });
    const { bad } = walk(run.initial, run.records.toSpliced(left, 1));
    expect(bad).toMatchObject({ place: placeOf(run, { type: 'step-folding', step: 'train:0:1' }) - 1 });
  });

  it('passes over no round', () => {
    const run = drive();
    while (run.state().phase !== 'closed') run.step();
    const from = placeOf(run, { type: 'step-opened', step: 'train:0:2' });
    const to = placeOf(run, { type: 'step-opened', step: 'test' });
    const { bad } = walk(run.initial, run.records.toSpliced(from, to - from));
    expect(bad).toEqual({ place: from, problem: 'it does not say what follows from the records before' });
  });

  it('ends as it went', () => {
    const run = degraded();
    const last = run.records.length - 1;
    const better = run.records.with(last, { type: 'closed', outcome: 'complete', error: null });
    expect(walk(run.initial, better).bad).toMatchObject({ place: last });
    const early = placeOf(run, { type: 'step-opened', step: 'validate:2' });
    for (const outcome of ['complete', 'degraded'] as const) {
      const cut: RunRecord[] = [...run.records.slice(0, early + 1), { type: 'closed', outcome, error: null }];
      expect(walk(run.initial, cut).bad).toEqual({ place: early + 1, problem: 'the run was not at its end' });
    }
  });

  it('excuses nobody whom the contract does not excuse', () => {
    const run = degraded();
    const left = placeOf(run, { type: 'site-left', step: 'train:0:1', site: b });
    const absence = run.records[left] as Extract<RunRecord, { type: 'site-left' }>;
    const excused = run.records.with(left, { ...absence, excused: true, error: toWire(tooSmall) });
    expect(walk(run.initial, excused).bad).toMatchObject({ place: left });
  });

  it('says what a step lacked that was folded all the same', () => {
    const run = drive({ participation: { onShortfall: 'degrade' } });
    until(run, 'train:0:1');
    run.send({ kind: 'idle', site: b, idleMs: 600_000 });
    run.step([a, c]);
    const place = placeOf(run, { type: 'step-folding', step: 'train:0:1' });
    const { unmet, ...silent } = run.records[place] as Extract<RunRecord, { type: 'step-folding' }>;
    expect(unmet?.map(({ code }) => code)).toEqual(['CSM-RUN-QUORUM']);
    expect(walk(run.initial, run.records.with(place, silent)).bad).toMatchObject({ place });
  });

  it('takes a site in only where the contract does, and one contribution of each', () => {
    const run = drive();
    run.contribute(a);
    const records = [...run.records];
    const step = 'prepare:cohort:1' as Extract<RunRecord, { type: 'site-joined' }>['step'];
    const joined: RunRecord = { type: 'site-joined', step, site: 'hospital-d' as typeof a };
    expect(walk(run.initial, [...records, joined]).bad?.problem).toBe('the contract takes no later sites');
    expect(walk(run.initial, [...records, records.at(-1)!]).bad?.place).toBe(records.length);
    expect(sites).not.toContain(joined.site);
  });
});
