import type { RunView } from '@consilium/coordinator/conduct';
import type { BlobHash } from '@consilium/shared/ids';
import type { SignedManifest, Verdict } from '@consilium/shared/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { type Contribute, type Deliver, deliverHonestly, honest, type LightSite } from './harness/light-site.js';
import { misdeeds } from './harness/misdeeds.js';

const faithful = ['hospital-a', 'hospital-b', 'hospital-c'];
const terms = {
  training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { normBound: 1e6 } },
  participation: { quorum: faithful.length, idleLimit: '4s' },
};

let tell: (word: SignedManifest) => void = () => {};
const word = new Promise<SignedManifest>((resolve) => {
  tell = resolve;
});
const wrong = misdeeds(word);

let misbehave = false;
const twice: Verdict[] = [];
const peeked: unknown[] = [];

const speakFirst: Deliver = (delivery) => {
  const { sign, manifest, task } = delivery;
  if (misbehave && task.step.kind === 'train') tell(sign(manifest));
  return deliverHonestly(delivery);
};

/** After a good update the very model of the run as a second one: its refusal must not cost the run that blob. */
const sendTwice: Deliver = async ({ task, upload, submit, sign, manifest }) => {
  await upload();
  twice.push(await submit());
  const model = task.model!;
  const second = sign({ ...manifest, hash: task.work.model!, bytes: model.length });
  await upload(model, task.work.model!);
  for (const signed of [second, sign(manifest), second]) twice.push(await submit(signed));
  return twice[0]!;
};

const peek: Deliver = async (delivery) => {
  const { hash } = (await word).manifest;
  peeked.push(await delivery.fetch(hash).catch((thrown: unknown) => thrown));
  return deliverHonestly(delivery);
};

describe('a run with sites that send what must not count', () => {
  let consortium: Consortium;
  let view: RunView;
  let calm: { readonly hash: BlobHash };
  const sites = new Map<string, LightSite>();

  interface Ways {
    readonly contribute?: Contribute;
    readonly deliver?: Deliver;
    /** Kind of the step that the site uses them in; it does the others as it should. */
    readonly at: 'prepare' | 'train';
  }

  async function join(name: string, { contribute = honest, deliver = deliverHonestly, at }: Ways): Promise<void> {
    const isOn = (kind: string) => misbehave && kind === at;
    const site = await consortium.join(name, {
      contribute: (task) => (isOn(task.step.kind) ? contribute : honest)(task),
      deliver: (delivery) => (isOn(delivery.task.step.kind) ? deliver : deliverHonestly)(delivery),
    });
    sites.set(name, site);
  }

  beforeAll(async () => {
    consortium = await openConsortium();
    const { lead } = consortium;
    const run = async () => {
      const launched = await lead.launch(lead.contract(terms));
      return consortium.until(launched.run, ({ phase }) => phase === 'closed');
    };
    for (const name of faithful)
      await join(name, name === 'hospital-a' ? { deliver: speakFirst, at: 'train' } : { at: 'train' });
    await join('sends-twice', { deliver: sendTwice, at: 'train' });
    await join('peeks', { deliver: peek, at: 'train' });
    calm = await consortium.model((await run()).run);
    for (const [name, { contribute = honest, deliver = deliverHonestly }] of Object.entries(wrong)) {
      await join(name, { contribute, deliver, at: 'train' });
    }
    await join('sends-the-contract', { at: 'prepare', contribute: ({ contractBytes }) => contractBytes });
    await join('never-signed', {
      at: 'prepare',
      deliver: async ({ sign, submit, manifest }) => {
        const { site } = manifest;
        return submit(sign({ ...(await word).manifest, site }));
      },
    });
    misbehave = true;
    view = await run();
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  const coverageOf = (name: string) => view.coverage.sites.find(({ site }) => site === name)!;
  const faultsOf = (name: string, at: string) =>
    sites.get(name)!.faults.flatMap(({ step, code }) => (step === at ? [code] : []));

  it('goes on to its end, and says that it is not complete', () => {
    expect(view).toMatchObject({ phase: 'closed', outcome: 'degraded', error: null });
  });

  it.each(Object.entries(wrong))('tells the site that %s why, and its coverage too', (name, { code, cause }) => {
    expect(faultsOf(name, 'train:0:1')).toEqual([code]);
    expect(coverageOf(name).missing).toMatchObject([{ since: 'train:0:1', error: { code: cause }, excused: false }]);
  });

  it('leaves out, to its end, a site that never signed a sample count', () => {
    expect(faultsOf('never-signed', 'prepare:cohort:1')).toEqual(['CSM-UPDATE-SAMPLES-UNSIGNED']);
    expect(coverageOf('never-signed')).toMatchObject({ samples: null, contributed: 0 });
    expect(view.sites.find(({ site }) => site === 'never-signed')).toMatchObject({ standing: 'left' });
  });

  it('keeps the contract that a site sent back as its statistics', async () => {
    expect(faultsOf('sends-the-contract', 'prepare:cohort:1')).toEqual(['CSM-STATISTICS-INVALID']);
    expect(coverageOf('sends-the-contract').missing[0]).toMatchObject({ error: { code: 'CSM-STATISTICS-INVALID' } });
    expect((await consortium.lead.download(`/api/runs/${view.run}/contract`)).length).toBeGreaterThan(100);
  });

  it('keeps the first of two updates, and answers each as before when it comes again', () => {
    const second = { outcome: 'refused', error: { code: 'CSM-UPDATE-SECOND' } };
    expect(twice).toMatchObject([{ outcome: 'accepted' }, second, { outcome: 'accepted' }, second]);
    expect(coverageOf('sends-twice').missing).toEqual([]);
  });

  it("gives no site another's update", () => {
    expect(peeked).toEqual([expect.objectContaining({ code: 'CSM-ACCESS-BLOB' })]);
  });

  it('harms no site that keeps to the rules', () => {
    for (const name of [...faithful, 'sends-twice', 'peeks']) {
      const { contributed, asked, missing } = coverageOf(name);
      expect(missing).toEqual([]);
      expect(contributed).toBe(asked);
      expect(sites.get(name)!.faults).toEqual([]);
    }
  });

  it('makes the model that it makes without them', async () => {
    const { hash, values } = await consortium.model(view.run);
    expect(hash).toBe(calm.hash);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it('keeps a journal that verifies and names the refused blobs, not what was never proven', async () => {
    const refused = (await consortium.journal(view.run)).filter(({ type }) => type === 'contribution-refused');
    const named = refused.map(({ body }) => body.site);
    const blobs = Object.keys(wrong).filter((name) => wrong[name]!.code === wrong[name]!.cause);
    expect(named.sort()).toEqual([...blobs, 'sends-the-contract', 'sends-twice'].sort());
  });
});
