import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c'];

it('a closed run leaves the updates of as many rounds as its contract says, and nothing of the earlier ones', async () => {
  await using consortium = await openConsortium();
  for (const name of names) await consortium.join(name);

  /** How many blobs lie in the folder once it has so many, or after the wait for it. */
  async function left(expected: number): Promise<number> {
    const folder = join(consortium.home, 'blobs', 'blobs');
    await mkdir(folder, { recursive: true });
    for (const end = performance.now() + 120_000; ; ) {
      const count = (await readdir(folder, { recursive: true })).filter((name) => name.length > 64).length;
      if (count === expected || performance.now() > end) return count;
      // Removal goes on beside what follows.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function train(changes: object): Promise<void> {
    const training = { rounds: 4, optimizer: { name: 'sgd', rate: 0.1 } };
    const { run } = await consortium.lead.launch(consortium.lead.contract({ training, ...changes }));
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'complete', error: null });
  }

  await train({ validation: { share: 0 }, seed: 1 });
  // Contract, preparation, final reports; updates and model of two rounds; the model before them.
  const first = 1 + 1 + names.length + 2 * (names.length + 1) + 1;
  expect(await left(first)).toBe(first);
  await train({ validation: { share: 0 }, retention: { updates: 0 }, seed: 2 });
  // The preparation is that of the run before.
  const second = first + 1 + names.length + 1;
  expect(await left(second)).toBe(second);
  // What the server kept from round to round goes with the rounds that it was for.
  const training = { rounds: 3, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { name: 'fedadam' } };
  await train({ training, validation: { share: 0 }, retention: { updates: 0 }, seed: 3 });
  const third = second + 1 + names.length + 1;
  expect(await left(third)).toBe(third);
});
