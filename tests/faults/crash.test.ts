import type { Coordinator, CoordinatorOptions } from '@consilium/coordinator/coordinator';
import type { JournalRecord } from '@consilium/shared/journal';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { type Death, type Mortals, openMortals } from './mortal.js';
import { openProxy } from './proxy.js';
import { weakKeys } from './weak-keys.js';

const names = ['hospital-a', 'hospital-b'];
/** The smallest run with a step of each kind. */
const oneRound = { training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } } };
const patienceMs = 600_000;

/** A consortium whose coordinator dies as told, and what all its processes wrote of it. */
async function mortalConsortium(deaths: Iterator<Death, undefined>) {
  const proxy = await openProxy();
  let mortals: Mortals | null = null;
  const start = async ({ log: _, host: __, port: ___, ...options }: CoordinatorOptions) => {
    await weakKeys(options);
    mortals = openMortals(options, proxy, deaths);
    const close = async () => mortals?.close();
    return { url: proxy.address, fingerprint: '', setupLink: null, close } satisfies Coordinator;
  };
  const consortium = await openConsortium({ start, mortal: true });
  return {
    consortium,
    obituaries: () => mortals?.obituaries ?? [],
    async [Symbol.asyncDispose]() {
      await consortium[Symbol.asyncDispose]();
      await proxy.close();
    },
  };
}

async function runOn(consortium: Consortium) {
  for (const name of names) await consortium.join(name);
  const signed = consortium.lead.contract(oneRound);
  await consortium.lead.launch(signed);
  const view = await consortium.until(signed.contract.run, ({ phase }) => phase === 'closed', patienceMs);
  return { view, model: (await consortium.model(view.run)).hash, journal: await consortium.journal(view.run) };
}

/** What a journal says, whatever hour and order of arrival. */
const told = (journal: readonly JournalRecord[]) => journal.map(({ type }) => type).sort();

describe('a coordinator that is killed with -9', () => {
  let calm: Awaited<ReturnType<typeof runOn>>;

  beforeAll(async () => {
    await using consortium = await openConsortium();
    calm = await runOn(consortium);
  });

  it('right before and right after every record of a run, ends in the same model with a journal that verifies', async () => {
    const everyCommit = function* (): Generator<Death, undefined> {
      for (;;) {
        yield { at: 1, when: 'before' };
        yield { at: 1, when: 'after' };
      }
    };
    await using there = await mortalConsortium(everyCommit());
    const { view, model, journal } = await runOn(there.consortium);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(model).toBe(calm.model);
    expect(told(journal)).toEqual(told(calm.journal));
    const died = (when: Death['when']) =>
      there
        .obituaries()
        .filter((one) => one.when === when)
        .flatMap(({ word }) => word as { readonly chain: string; readonly sequence: number }[]);
    for (const when of ['before', 'after'] as const) {
      const here = new Set(
        died(when)
          .filter(({ chain }) => chain === view.run)
          .map(({ sequence }) => sequence),
      );
      expect([...here].sort((a, b) => a - b)).toEqual(journal.map(({ sequence }) => sequence));
    }
  });
});
