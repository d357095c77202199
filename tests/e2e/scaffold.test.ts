import type { RunView } from '@consilium/coordinator/conduct';
import type { SiteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { openTheatre, smallRun } from '../harness/theatre.js';

const victim = 'hospital-b' as SiteId;
const closed = ({ phase }: RunView) => phase === 'closed';
const run = smallRun().replace(
  '{ name: adam, rate: 3.0e-3 }',
  '{ name: sgd, rate: 0.1 }, strategy: { name: scaffold }',
);
const atLeast = (round: number) => (view: RunView) =>
  closed(view) || Number(/^train:0:(\d+)/.exec(view.step ?? '')?.[1] ?? 0) >= round;

describe('a run under scaffold', () => {
  it('ends in the same model when coordinator and agent are killed between two rounds', async () => {
    await using theatre = await openTheatre(['hospital-a', victim]);
    const { company } = theatre;
    const calm = await theatre.until(await theatre.launch(run), closed);
    expect(calm).toMatchObject({ outcome: 'complete', error: null, model: expect.any(String) });

    const disturbed = await theatre.launch(run);
    await theatre.until(disturbed, atLeast(2));
    await company.agent(victim).kill();
    await company.coordinator().kill();
    await company.startCoordinator();
    company.startAgent(victim);
    await theatre.until(disturbed, atLeast(3));
    await company.agent(victim).kill();
    company.startAgent(victim);
    expect(await theatre.until(disturbed, closed)).toMatchObject({ outcome: 'complete', model: calm.model });

    // What corrects the sites makes another model.
    const plain = await theatre.until(await theatre.launch(run.replace(', strategy: { name: scaffold }', '')), closed);
    expect(plain).toMatchObject({ outcome: 'complete' });
    expect(plain.model).not.toBe(calm.model);
  });
});
