import type { RunView } from '@consilium/coordinator/conduct';
import { idOf, stepsOf } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { type Deliver, deliverHonestly, type LightSite } from './harness/light-site.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c'];
const last = 'hospital-c';
// Momentum of the server is what a fold must find again beside the model.
const training = { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { name: 'fedavgm' } };

/** A model whose fold takes many turns of the event loop: 2.4 MB. */
const wide = {
  training: { ...training, rounds: 1 },
  validation: { share: 0 },
  model: {
    family: 'attention-aml',
    preset: 'small',
    classes: ['x', 'y', 'z'],
    options: { width1: 768, tokens1: 2, heads1: 4 },
  },
};

interface Launched {
  readonly run: string;
  readonly steps: readonly string[];
}

describe('a coordinator that is closed and started again', () => {
  let consortium: Consortium;
  let undisturbed: BlobHash;
  let deliver: Deliver = deliverHonestly;
  const sites: LightSite[] = [];

  const launch = async (changes: Record<string, unknown> = {}) => {
    const signed = consortium.lead.contract({ training, ...changes });
    const steps = stepsOf(signed.contract.runFile).filter(({ kind }) => kind !== 'initial');
    const { run } = await consortium.lead.launch(signed);
    return { run, steps: steps.map(idOf) };
  };
  const closed = (run: string) => consortium.until(run, ({ phase }) => phase === 'closed');
  const accepted = ({ sites }: RunView) => sites.filter(({ standing }) => standing === 'accepted').length;

  /** The end of a run as if nothing had happened: the same model, nothing done twice, an unbroken journal. */
  async function expectUndisturbed({ run, steps }: Launched, hash: BlobHash): Promise<void> {
    const view = await closed(run);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(hash);
    for (const { contributions, faults } of sites) {
      expect(faults).toEqual([]);
      expect(steps.map((step) => contributions.get(`${run} ${step}`))).toEqual(steps.map(() => 1));
    }
    const taken = (await consortium.journal(run)).filter(({ type }) => type === 'contribution-accepted');
    expect(taken.length).toBe(steps.length * names.length);
  }

  beforeAll(async () => {
    consortium = await openConsortium();
    for (const name of names) {
      sites.push(await consortium.join(name, { deliver: (delivery) => deliver(delivery) }));
    }
    const { run } = await launch();
    await closed(run);
    undisturbed = (await consortium.model(run)).hash;
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  it.each(['prepare:scale:1', 'train:0:1', 'validate:1', 'test'])(
    'goes on in %s, where two sites have contributed and a third has only uploaded',
    async (held) => {
      const [uploaded, gate] = [createGate(), createGate()];
      deliver = async ({ task, upload, submit }) => {
        await upload();
        if (task.work.step === held && task.site === last) {
          uploaded.open();
          await gate.opened;
        }
        return submit();
      };
      const launched = await launch();
      const { run } = launched;
      await uploaded.opened;
      await consortium.until(run, (view) => view.step === held && accepted(view) === 2);
      await consortium.restart();
      expect(accepted(await consortium.view(run))).toBe(2);
      gate.open();
      await expectUndisturbed(launched, undisturbed);
    },
  );

  it('makes the starting weights again', async () => {
    deliver = deliverHonestly;
    const launched = await launch();
    const { run } = launched;
    await consortium.until(run, ({ step }) => step === 'initial');
    const restarted = new Date().toISOString();
    await consortium.restart();
    await expectUndisturbed(launched, undisturbed);
    expect(await timeOf(run, 'step-done', 'initial')).toSatisfy((time: string) => time > restarted);
  });

  it('folds a round again whose fold was cut off', async () => {
    deliver = deliverHonestly;
    const { run: calm } = await launch(wide);
    await closed(calm);

    const [others, folding] = [createGate(), createGate()];
    let waiting = names.length - 1;
    deliver = async (delivery) => {
      const { step } = delivery.task.work;
      if (step !== 'train:0:1') return deliverHonestly(delivery);
      if (delivery.task.site === last) await others.opened;
      const verdict = await deliverHonestly(delivery);
      if (delivery.task.site === last) folding.open();
      else if (--waiting === 0) others.open();
      return verdict;
    };
    const launched = await launch(wide);
    const { run } = launched;
    await folding.opened;
    const restarted = new Date().toISOString();
    await consortium.restart();
    await expectUndisturbed(launched, (await consortium.model(calm)).hash);
    expect(await timeOf(run, 'step-folding', 'train:0:1')).toSatisfy((time: string) => time <= restarted);
    expect(await timeOf(run, 'step-done', 'train:0:1')).toSatisfy((time: string) => time > restarted);
  });

  it('keeps what a closed run has to hand over', async () => {
    deliver = deliverHonestly;
    const launched = await launch();
    const { run } = launched;
    const before = await closed(run);
    await consortium.restart();
    const after = await consortium.view(run);
    const { journalHead, journalLength, judged, coverage, model } = before;
    expect(after).toMatchObject({ journalHead, journalLength, judged, coverage, model, outcome: 'complete' });
    await expectUndisturbed(launched, undisturbed);
  });

  async function timeOf(run: string, type: string, step: string): Promise<string> {
    const records = (await consortium.journal(run)).filter(
      (record) => record.type === type && record.body.step === step,
    );
    expect(records.length).toBe(1);
    return records[0]!.time;
  }
});
