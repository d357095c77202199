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
/** A whole run may take this long on a busy machine. */
const wholeRunMs = 600_000;
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

/**
 * Two stages, after a preparation of two passes: a kill has as many kinds of steps to fall into as there are. What coding lost of an
 * update is on a site's disk at each.
 */
const stagedRun = smallRun(`preparation: { harmonise: combat }
validation: { everyRounds: 2 }
stages: [{ name: autoencoder, rounds: 2 }, { name: head, rounds: 1 }]`)
  .replace('attention-aml', 'blood-autoencoder')
  .replace('batchSize: 16', 'batchSize: 16, update: { codec: int8 }');

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
    undisturbed = await theatre.until(await theatre.launch(stagedRun), closed, wholeRunMs);
    order = await finishedSteps(theatre, undisturbed);
  }, wholeRunMs);

  it('spares an undisturbed run', () => {
    expect(undisturbed).toMatchObject({ outcome: 'complete', error: null, frozen: expect.any(String) });
    expect(order).toEqual([
      ...['prepare:cohort:1', 'prepare:impute:1', 'prepare:combat:1', 'prepare:combat:2', 'prepare:scale:1'],
      ...['initial', 'train:0:1', 'train:0:2', 'validate:2'],
      ...['initial:1', 'train:1:1', 'validate:1:1', 'test'],
    ]);
  });

  // tests/faults/crash.test.ts kills it at every record; here are the agents that it comes back to, and a second stage.
  it('of the coordinator in each kind of phase ends in the same model, and the journal verifies', async () => {
    await using theatre = await openTheatre(hospitals);
    const run = await theatre.launch(stagedRun);
    for (const step of ['prepare:combat:2', 'train:0:2', 'initial:1', 'test']) {
      await theatre.until(
        run,
        (view) => closed(view) || view.step === step || order.indexOf(view.step ?? '') > order.indexOf(step),
      );
      await killCoordinator(theatre.company);
    }
    const { model, frozen } = undisturbed;
    const view = await theatre.until(run, closed);
    expect(view).toMatchObject({ outcome: 'complete', model, frozen });
    expect(await finishedSteps(theatre, view)).toEqual(order);
  });

  it('of an agent while it prepares and while it trains ends in the same model', async () => {
    await using theatre = await openTheatre(hospitals);
    const run = await theatre.launch(stagedRun);
    for (const [step, activity] of [
      ['prepare:combat:1', null],
      ['train:0:1', 'training'],
      ['train:1:1', 'training'],
    ] as const) {
      const doing = (view: RunView) =>
        activity === null || view.sites.some((one) => one.site === victim && one.activity === activity);
      const past = (view: RunView) => order.indexOf(view.step ?? '') > order.indexOf(step);
      await theatre.until(run, (view) => closed(view) || past(view) || (view.step === step && doing(view)));
      await killAgent(theatre.company);
    }
    const { model, frozen } = undisturbed;
    const view = await theatre.until(run, closed);
    expect(view).toMatchObject({ outcome: 'complete', model, frozen });
    expect(await finishedSteps(theatre, view)).toEqual(order);
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
