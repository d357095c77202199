import { canonicalBytes } from '@consilium/shared/canonical';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { type Contribute, type Deliver, deliverHonestly, honest, type LightSite } from './harness/light-site.js';

/** Of 40 training samples of each site so many are of the group that the first stage looks at. */
const inGroup = 15;
const stages = [{ name: 'train', groups: ['progenitor'] }, { name: 'train' }];

const contribute: Contribute = async (task) => {
  const blob = await honest(task);
  if (task.step.kind !== 'prepare' || task.step.name !== 'cohort') return blob;
  const counts = task.site === 'too-small' ? [null, task.samples] : [inGroup, task.samples];
  return canonicalBytes({ ...JSON.parse(Buffer.from(blob).toString('utf8')), stageSamples: counts });
};

/** Signs the samples of the stage. */
const deliverByStage: Deliver = async (delivery) => {
  const { task, upload, submit, sign, manifest } = delivery;
  const { step } = task;
  const inFirst = (step.kind === 'train' || step.kind === 'validate') && step.stage === 0;
  if (!inFirst) return deliverHonestly(delivery);
  await upload();
  return submit(sign({ ...manifest, samples: inGroup }));
};

describe('a run whose first stage looks at one group', () => {
  let consortium: Consortium;
  const sites = new Map<string, LightSite>();
  beforeAll(async () => {
    consortium = await openConsortium();
    for (const name of ['keeps-to-it', 'names-all-samples', 'too-small']) {
      const deliver = name === 'keeps-to-it' ? deliverByStage : deliverHonestly;
      sites.set(name, await consortium.join(name, { contribute, deliver }));
    }
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  it('refuses an update that names the samples of all groups, and one of a site with too few patients of that group', async () => {
    const data = {
      ...{ kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
      ...{ group: 'lineage', groups: ['progenitor', 'monocyte'] },
    };
    const training = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } };
    const participation = { quorum: 1, idleLimit: '3s' };
    const { run } = await consortium.lead.launch(consortium.lead.contract({ data, training, stages, participation }));
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'degraded', error: null });
    // Of the count alone: a site that was missing may come back too late for the steps that follow at once.
    const faultsOf = (name: string) => sites.get(name)?.faults.filter(({ code }) => /SAMPLES/.test(code)) ?? [];
    expect(sites.get('keeps-to-it')?.faults).toEqual([]);
    for (const [name, code] of [
      ['names-all-samples', 'CSM-UPDATE-SAMPLES'],
      ['too-small', 'CSM-UPDATE-SAMPLES-UNSIGNED'],
    ] as const) {
      const [first, ...others] = faultsOf(name);
      expect(first).toMatchObject({ step: 'train:0:1', code });
      for (const other of others) expect(other).toMatchObject({ step: 'validate:1', code });
    }
    const contributed = new Map(view.coverage.sites.map((own) => [own.site as string, own.contributed]));
    expect(contributed.get('keeps-to-it')).toBe(7);
    // Both are right where all samples count, in preparation at least, and stand behind no step of the first stage.
    for (const name of ['names-all-samples', 'too-small']) {
      expect(contributed.get(name)).toBeGreaterThanOrEqual(2);
      expect(contributed.get(name)).toBeLessThanOrEqual(5);
    }
  });
});
