import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { RunView } from '@consilium/coordinator/conduct';
import type { Company } from '@consilium/coordinator/rehearsal';
import type { SiteId } from '@consilium/shared/ids';
import { readJournal } from '@consilium/shared/journal';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTheatre, smallRun, type Theatre } from '../harness/theatre.js';

const hospitals = ['hospital-a', 'hospital-b', 'hospital-c'];
const victim = 'hospital-b' as SiteId;
const closed = ({ phase }: RunView) => phase === 'closed';

async function killCoordinator(company: Company): Promise<void> {
  await company.coordinator().kill();
  await company.startCoordinator();
}

async function killAgent(company: Company): Promise<void> {
  await company.agent(victim).kill();
  company.startAgent(victim);
}

/** A model of 17 MB, so that its upload takes long enough to be cut. */
const wideRun = smallRun()
  .replace('preset: small,', 'preset: small, options: { width1: 4096, width2: 1024, tokens1: 16, tokens2: 16 },')
  .replace('rounds: 3', 'rounds: 1');

/** The lead's export checks every hash and signature of the journal; here its order of steps is read, too. */
async function finishedSteps(theatre: Theatre, view: RunView): Promise<readonly string[]> {
  const out = join(theatre.folder, `export-${view.run}`);
  await theatre.company.lead.export(view.run, out);
  const steps: string[] = [];
  for await (const { type, body } of readJournal(createReadStream(join(out, 'journal.jsonl')))) {
    if (type === 'step-done') steps.push((body as { step: string }).step);
  }
  return steps;
}

describe('kill -9', () => {
  let undisturbed: RunView;
  let order: readonly string[];

  beforeAll(async () => {
    await using theatre = await openTheatre(hospitals);
    undisturbed = await theatre.until(await theatre.launch(smallRun()), closed);
    order = await finishedSteps(theatre, undisturbed);
  });

  it('spares an undisturbed run', () => {
    expect(undisturbed).toMatchObject({ outcome: 'complete', error: null });
    expect(order).toEqual([
      ...['prepare:cohort:1', 'prepare:scale:1', 'initial'],
      ...[1, 2, 3].flatMap((round) => [`train:0:${round}`, `validate:${round}`]),
      'test',
    ]);
  });

  it('of the coordinator in every phase ends in the same model, and the journal verifies', async () => {
    await using theatre = await openTheatre(hospitals);
    const run = await theatre.launch(smallRun());
    for (const step of order) {
      await theatre.until(
        run,
        (view) => closed(view) || view.step === step || order.indexOf(view.step ?? '') > order.indexOf(step),
      );
      await killCoordinator(theatre.company);
    }
    const view = await theatre.until(run, closed);
    expect(view).toMatchObject({ outcome: 'complete', model: undisturbed.model });
    expect(await finishedSteps(theatre, view)).toEqual(order);
  });

  it('of an agent while it trains ends in the same model', async () => {
    await using theatre = await openTheatre(hospitals);
    const run = await theatre.launch(smallRun());
    for (const [step, activity] of [
      ['train:0:1', 'training'],
      ['train:0:3', 'training'],
    ] as const) {
      const doing = (view: RunView) => view.sites.some((one) => one.site === victim && one.activity === activity);
      const past = (view: RunView) => order.indexOf(view.step ?? '') > order.indexOf(step);
      await theatre.until(run, (view) => closed(view) || past(view) || (view.step === step && doing(view)));
      await killAgent(theatre.company);
    }
    const view = await theatre.until(run, closed);
    expect(view).toMatchObject({ outcome: 'complete', model: undisturbed.model });
  });

  it('of an agent in the middle of its upload ends in the same model', async () => {
    await using theatre = await openTheatre(hospitals);
    const calm = await theatre.until(await theatre.launch(wideRun), closed);
    const run = await theatre.launch(wideRun);
    const uploading = (view: RunView) =>
      view.step === 'train:0:1' && view.sites.some(({ site, activity }) => site === victim && activity === 'uploading');
    const caught = await theatre.until(run, (view) => closed(view) || uploading(view));
    await killAgent(theatre.company);
    expect(uploading(caught)).toBe(true);
    const view = await theatre.until(run, closed);
    expect(view).toMatchObject({ outcome: 'complete', model: calm.model });
  });
});
