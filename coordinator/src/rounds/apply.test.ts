import { contractHash } from '@consilium/shared/contract';
import type { SiteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { apply, applyAll } from './apply.js';
import { decide, type RunInput } from './decide.js';
import type { RunRecord } from './records.js';
import { currentStepId } from './state.js';
import { drive, fault, hash, manifestOf } from './testing/drive.js';
import { mapWrites } from './testing/map-writes.js';

const sites = Array.from({ length: 150 }, (_, index) => `site-${String(index).padStart(3, '0')}` as SiteId);

/** A run of many sites up to its first model, with a refusal, a site that idles out, and one that comes back. */
function journalOf() {
  const { initial } = drive();
  const records: RunRecord[] = [];
  let state = initial;
  const send = (input: RunInput): void => {
    for (const record of decide(state, input)) {
      records.push(record);
      state = apply(state, record);
    }
  };
  const contribute = (site: SiteId, error: typeof fault | null = null) =>
    send({ kind: 'contribution', site, contribution: manifestOf(state, site, error?.code), error });
  const terms = { contractHash: contractHash(initial.contract), contractBlob: hash('blob') };
  send({ kind: 'launch', ...terms, sites, stepwise: false });
  const [first, second] = sites as [SiteId, SiteId];
  for (let step = 0; step < 5; step++) {
    contribute(first, fault);
    send({ kind: 'idle', site: second, idleMs: 86_400_000 });
    for (const site of sites) contribute(site);
    send({ kind: 'folded', step: currentStepId(state)!, output: { preparation: hash(`p-${step}`), model: hash('m') } });
  }
  return { initial, records, state };
}

it('a journal taken together says what it says record by record, and costs as much as it is long', () => {
  const { initial, records, state } = journalOf();
  expect(records.length).toBeGreaterThan(4 * sites.length);
  expect(applyAll(initial, records)).toEqual(state);
  for (const at of [1, 70, 200, 400]) {
    const half = applyAll(initial, records.slice(0, at));
    expect(half).toEqual(records.slice(0, at).reduce(apply, initial));
    expect(applyAll(half, records.slice(at))).toEqual(state);
  }
  expect(mapWrites(() => applyAll(initial, records))).toBeLessThan(5 * records.length);
  expect(mapWrites(() => records.reduce(apply, initial))).toBeGreaterThan(20 * records.length);
});
