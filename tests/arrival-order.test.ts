import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contribution, fold, kernels } from '@consilium/coordinator/aggregation';
import { openBlobFolder } from '@consilium/coordinator/store';
import { siteId } from '@consilium/shared/ids';
import { encodeWeights } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';
import { type Deliver, deliverHonestly } from './harness/light-site.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c', 'hospital-d'];
const orders = [
  [0, 1, 2, 3],
  [3, 2, 1, 0],
  [1, 3, 0, 2],
];

/** Lets sites through one by one: the next once the one before has its verdict. */
function turnstile(order: readonly number[]) {
  const arrived: string[] = [];
  const waiting = new Set<() => void>();
  const deliver: Deliver = async (delivery) => {
    const { site, step } = delivery.task;
    if (step.kind !== 'train') return deliverHonestly(delivery);
    const place = (step.round - 1) * names.length + order.indexOf(names.indexOf(site));
    while (arrived.length < place) await new Promise<void>((pass) => waiting.add(pass));
    const verdict = await deliverHonestly(delivery);
    arrived.push(site);
    for (const pass of waiting) pass();
    waiting.clear();
    return verdict;
  };
  return { deliver, arrived };
}

describe('the final model', () => {
  it('is the same, bit for bit, in whichever order the updates arrive', async () => {
    await using consortium = await openConsortium();
    let gate = turnstile([]);
    for (const [index, name] of names.entries()) {
      await consortium.join(name, { samples: 30 + 17 * index, deliver: (delivery) => gate.deliver(delivery) });
    }
    const hashes = new Set<string>();
    for (const order of orders) {
      gate = turnstile(order);
      const { run } = await consortium.lead.launch(consortium.lead.contract({ validation: { share: 0 } }));
      await consortium.until(run, ({ phase }) => phase === 'closed');
      const wanted = order.map((index) => names[index]);
      expect(gate.arrived).toEqual([...wanted, ...wanted]);
      const journal = await consortium.journal(run);
      const taken = journal.filter(({ type, body }) => type === 'contribution-accepted' && body.step === 'train:0:1');
      expect(taken.map(({ body }) => body.site)).toEqual(wanted);
      const { hash, values } = await consortium.model(run);
      expect(values.every(Number.isFinite)).toBe(true);
      hashes.add(hash);
    }
    expect(hashes.size).toBe(1);
  });

  it('is the same by the WASM and the JS kernel over blobs of several tiles on the disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'consilium-test-'));
    const place = await openBlobFolder({ folder, dataKey: new Uint8Array(32).fill(3) });
    try {
      const layout = [
        { name: 'first', shape: [400_001] },
        { name: 'second', shape: [11, 1003] },
      ];
      const put = (seed: number) =>
        place.blobs.write(encodeWeights({ layout, metadata: {}, values: noise(400_001 + 11 * 1003, seed) }));
      const base = await put(1);
      const contributions: Contribution[] = [];
      for (const [index, name] of names.entries()) {
        contributions.push({ site: siteId.parse(name), samples: 30 + 17 * index, hash: await put(index + 2) });
      }
      const strategy = { name: 'fedavg', normBound: 1e6 } as const;
      const hashes = new Set<string>();
      for (const order of orders) {
        const given = order.map((index) => contributions[index]!);
        for (const kernel of [kernels.wasm(), kernels.js()]) {
          const folded = await fold({ strategy, base, contributions: given, blobs: place.blobs, kernel });
          hashes.add(folded.hash);
        }
      }
      expect(hashes.size).toBe(1);
      expect([...hashes]).not.toContain(base);
    } finally {
      await place.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** Reproducible values over many magnitudes, so that another order of adding would round otherwise. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * (1 << ((state >>> 16) % 23));
  });
}
