import { extendContract } from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { expect } from 'vitest';
import { apply } from '../apply.js';
import { memberSites } from '../state.js';
import { work } from '../work.js';
import { a, b, c, type drive, fault, hash, manifestOf } from './drive.js';

export const d = 'hospital-d' as SiteId;
/** The sites of a run here, and one that may join. */
export const everybody = [a, b, c, d];
const limitMs = 600_000;
const tooSmall = toWire(coded('CSM-COHORT-SMALL', { minimum: 5 }));
export type Run = ReturnType<typeof drive>;

/** What may befall a run, in any order and at any moment; much of it does not apply when it comes. */
export const happening = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('arrives'), site: fc.constantFrom(...everybody) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('is folded'), site: fc.constant(a) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('all others idle'), site: fc.constantFrom(...everybody) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('all behind a fold are revoked'), site: fc.constant(a) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('whole step'), site: fc.constant(a) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('idles', 'returns', 'sends NaN', 'declines', 'is too small'),
      site: fc.constantFrom(...everybody),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...['is revoked', 'is approved', 'pause', 'resume', 'next', 'restart', 'extend', 'fold fails', 'stop'],
      ),
      site: fc.constantFrom(...everybody),
    }),
  },
);

/** What contracts say of participation, in many ways. */
export const terms = fc.record({
  participation: fc.record(
    {
      onShortfall: fc.constantFrom('wait', 'degrade', 'fail'),
      lateJoiners: fc.constantFrom('accept', 'refuse'),
      quorum: fc.integer({ min: 1, max: 4 }),
      required: fc.subarray([String(a), String(c)]),
      minimumSampleShare: fc.constantFrom(0, 0.3, 0.65, 1),
    },
    { requiredKeys: [] },
  ),
  stepwise: fc.boolean(),
});

/** @param excuses whether the contract's rule leaves a site out that says it has too few patients */
export function befall(
  run: Run,
  { kind, site }: { readonly kind: string; readonly site: SiteId },
  excuses: (run: Run) => boolean = () => true,
): void {
  const state = run.state();
  const contribution = manifestOf(state, site, kind);
  const step = contribution.manifest.step as StepId;
  const excused = kind === 'is too small' && excuses(run);
  const error = kind === 'is too small' ? tooSmall : fault;
  switch (kind) {
    case 'arrives':
      if (state.sites.includes(site)) run.contribute(site);
      return;
    case 'sends NaN':
      if (state.sites.includes(site)) run.send({ kind: 'contribution', site, contribution, error: fault });
      return;
    case 'idles':
      run.send({ kind: 'idle', site, idleMs: limitMs });
      return;
    case 'all others idle':
      for (const other of everybody) if (other !== site) run.send({ kind: 'idle', site: other, idleMs: limitMs });
      return;
    case 'returns':
      run.send({ kind: 'progress', site });
      return;
    case 'declines':
    case 'is too small':
      run.send({ kind: 'declined', site, step, excused, error });
      return;
    case 'is revoked':
      run.send({ kind: 'revoked', site });
      return;
    case 'all behind a fold are revoked':
      for (const { site: one } of work(state)?.contributions ?? []) run.send({ kind: 'revoked', site: one });
      return;
    case 'is approved':
      run.send({ kind: 'approved', site: d });
      return;
    case 'is folded':
      if (work(state) !== null) run.fold(run.outputOf());
      return;
    case 'fold fails':
      run.send({ kind: 'fold-failed', step, error: fault });
      return;
    case 'whole step':
      for (const one of memberSites(state)) run.contribute(one);
      if (work(run.state()) !== null) run.fold(run.outputOf());
      return;
    case 'extend': {
      const { rounds } = state.contract.runFile.training;
      if (rounds >= 5) return;
      const contract = extendContract(state.contract, { rounds: rounds + 1 });
      run.send({ kind: 'extend', contract, contractBlob: hash('longer') });
      return;
    }
    case 'restart':
      expect(run.records.reduce(apply, run.initial)).toEqual(state);
      return;
    default:
      run.send({ kind: kind as 'pause' | 'resume' | 'next' | 'stop' });
      return;
  }
}

/** Everybody who may still do something does it: then a run ends. */
export function bringHome(run: Run): void {
  for (let turn = 0; turn < 100 && run.state().phase !== 'closed'; turn++) {
    run.send({ kind: 'resume' });
    run.send({ kind: 'next' });
    for (const site of everybody) run.send({ kind: 'progress', site });
    for (const site of memberSites(run.state())) run.contribute(site);
    if (work(run.state()) !== null) run.fold(run.outputOf());
  }
}
