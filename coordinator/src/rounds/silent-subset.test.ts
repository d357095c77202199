import type { SiteId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from './apply.js';
import { coverageOf } from './coverage.js';
import type { RunRecord } from './records.js';
import { pendingSites } from './state.js';
import { drive } from './testing/drive.js';
import { befall, bringHome, happening, type Run, terms } from './testing/happenings.js';
import { work } from './work.js';

/** A soak of the fault harness; 0 in every test run. */
const soakSeconds = Number(process.env.CONSILIUM_SOAK_SECONDS ?? 0);
const soak = { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: soakSeconds * 1000, markInterruptAsFailure: false };

/** Reads a journal without the engine: who stood behind each step when its fold began, and who did not, and why. */
function audit(records: readonly RunRecord[]) {
  const asked = new Set<SiteId>();
  const samples = new Map<SiteId, number>();
  const behind = new Set<SiteId>();
  const away = new Map<SiteId, { readonly until: string; readonly excused: boolean }>();
  const unsigned = new Set<SiteId>();
  const steps: { step: string; behind: SiteId[]; away: Map<SiteId, boolean>; out: SiteId[]; unmet: string[] }[] = [];
  let done = 0;
  let isOpen = false;
  for (const record of records) {
    switch (record.type) {
      case 'offered':
        for (const site of record.sites) asked.add(site);
        break;
      case 'site-joined':
        asked.add(record.site);
        break;
      case 'step-opened':
        isOpen = true;
        behind.clear();
        for (const [site, { until }] of [...away]) if (until === 'step') away.delete(site);
        break;
      case 'contribution-accepted':
        behind.add(record.site);
        away.delete(record.site);
        if (record.step === 'prepare:cohort:1') samples.set(record.site, record.contribution.manifest.samples);
        break;
      case 'site-left':
        // Still counted when the step was judged: the fold of the first step itself puts those out who signed nothing.
        if (away.has(record.site) && record.error.code !== 'CSM-SITE-REVOKED') unsigned.add(record.site);
        away.set(record.site, record);
        if (record.until === 'run' && isOpen) behind.delete(record.site);
        break;
      case 'site-returned':
        away.delete(record.site);
        break;
      case 'step-folding':
        isOpen = false;
        steps.push({
          ...{ step: record.step, behind: [...behind], unmet: (record.unmet ?? []).map(({ code }) => code) },
          away: new Map([...away].map(([site, { excused }]) => [site, excused])),
          out: [...away].filter(([site, { until }]) => until === 'run' && !unsigned.has(site)).map(([site]) => site),
        });
        unsigned.clear();
        break;
      case 'step-done':
        done++;
        break;
    }
  }
  const sum = (of: readonly SiteId[]) => of.reduce((total, site) => total + (samples.get(site) ?? 0), 0);
  const isAsked = ({ step }: { readonly step: string }) => step !== 'initial';
  return {
    asked: [...asked].sort(),
    folded: steps.filter(isAsked).map((own) => ({ ...own, share: sum(own.behind) / sum([...samples.keys()]) })),
    done: steps.slice(0, done).filter(isAsked),
    stillAway: away,
  };
}

/** What the contract asks of a step and it lacks, from the audit alone. */
function lacks(run: Run, own: ReturnType<typeof audit>['folded'][number], asked: number): readonly string[] {
  const { required, quorum, minimumSampleShare } = run.state().contract.runFile.participation;
  const needed = quorum ?? asked - own.out.length;
  return [
    ...(required.every((site) => own.behind.includes(site)) ? [] : ['CSM-RUN-REQUIRED-MISSING']),
    ...(own.behind.length >= Math.max(1, needed) ? [] : ['CSM-RUN-QUORUM']),
    ...(own.step.startsWith('train') && own.share < minimumSampleShare ? ['CSM-RUN-SAMPLE-SHARE'] : []),
  ];
}

/** What must hold after whatever happened. */
function check(run: Run): void {
  const state = run.state();
  const { onShortfall } = state.contract.runFile.participation;
  const { asked, folded, done, stillAway } = audit(run.records);
  const coverage = coverageOf(state);

  for (const own of folded) {
    expect(own.unmet).toEqual(lacks(run, own, asked.length));
    if (own.unmet.length > 0) {
      expect(onShortfall).toBe('degrade');
      expect(own.behind.length).toBeGreaterThan(0);
      expect(own.unmet).not.toContain('CSM-RUN-REQUIRED-MISSING');
    }
  }
  // Nobody is left out without a word: a site is behind a step, or away from it with a cause.
  for (const own of done) {
    for (const site of asked) expect(own.behind.includes(site) || own.away.has(site)).toBe(true);
  }

  expect(coverage.shortfalls.map(({ step, unmet }) => [step, unmet.map(({ code }) => code)])).toEqual(
    done.filter(({ unmet }) => unmet.length > 0).map(({ step, unmet }) => [step, unmet]),
  );
  expect(coverage.sites.map(({ site }) => site)).toEqual(asked);
  for (const own of coverage.sites) {
    expect(own.asked).toBe(done.length);
    expect(own.contributed).toBe(done.filter(({ behind }) => behind.includes(own.site)).length);
    const isGone = done.some(({ away }) => away.has(own.site)) || stillAway.has(own.site);
    expect(own.missing.length > 0).toBe(isGone);
  }

  if (state.outcome !== null && state.outcome !== 'failed') {
    const isWhole = done.every(({ behind, away, unmet }) => {
      return unmet.length === 0 && asked.every((site) => behind.includes(site) || away.get(site) === true);
    });
    if (!isWhole) expect(state.outcome).toBe('degraded');
  }
  // It is always plain what comes next.
  switch (state.phase) {
    case 'running':
      expect(pendingSites(state).length > 0 || work(state) !== null).toBe(true);
      break;
    case 'paused':
      if (state.pausedBy !== 'participation') break;
      expect(state.error).not.toBeNull();
      expect(onShortfall).not.toBe('fail');
      expect(pendingSites(state)).toEqual([]);
      expect([...state.absent.values()].some(({ until, excused }) => until !== 'run' && !excused)).toBe(true);
      break;
    default:
      expect(state.phase).toBe('closed');
  }
}

describe('whatever order sites come, go and return in', () => {
  it(
    'nobody is left out in silence: journal, coverage and outcome agree, and the run always goes on or says whom it awaits',
    () => {
      const outcomes = new Set<string>();
      const shortfallsOf = new Set<string>();
      fc.assert(
        fc.property(terms, fc.array(happening, { maxLength: 60 }), ({ participation, stepwise }, happenings) => {
          const run = drive({ participation }, stepwise);
          for (const one of happenings) {
            befall(run, one);
            check(run);
          }
          expect(run.records.reduce(apply, run.initial)).toEqual(run.state());
          bringHome(run);
          check(run);
          expect(run.state().phase).toBe('closed');
          outcomes.add(`${participation.onShortfall ?? 'unset'} ${run.state().outcome}`);
          for (const { step } of coverageOf(run.state()).shortfalls) shortfallsOf.add(step);
        }),
        soakSeconds === 0 ? { numRuns: 700 } : soak,
      );
      // The schedules reach what they are to prove.
      for (const words of ['unset', 'wait', 'degrade', 'fail']) {
        for (const outcome of ['complete', 'failed']) expect(outcomes).toContain(`${words} ${outcome}`);
      }
      expect(outcomes).toContain('degrade degraded');
      expect(shortfallsOf.size).toBeGreaterThan(1);
    },
    240_000 + soakSeconds * 1000,
  );

  it('the same records give the same run, whenever it is read again', () => {
    fc.assert(
      fc.property(
        terms,
        fc.array(happening, { maxLength: 40 }),
        fc.nat(),
        ({ participation, stepwise }, all, place) => {
          const run = drive({ participation }, stepwise);
          for (const one of all) befall(run, one);
          const at = place % (run.records.length + 1);
          const half = run.records.slice(0, at).reduce(apply, run.initial);
          const again = run.records.slice(at).reduce(apply, half);
          expect(again).toEqual(run.state());
          expect(work(again)).toEqual(work(run.state()));
        },
      ),
      { numRuns: 100 },
    );
  });
});
