import { describe, expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';

describe('a run of light sites over the real wire', () => {
  it('ends complete with pooled figures, a model and a journal', async () => {
    await using consortium = await openConsortium();
    const sites = [];
    for (const name of ['hospital-a', 'hospital-b', 'hospital-c']) sites.push(await consortium.join(name));
    const { run } = await consortium.lead.launch(consortium.lead.contract());
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(sites.flatMap(({ faults }) => faults)).toEqual([]);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(view.judged.map(({ step }) => step)).toEqual(['validate:1', 'validate:2', 'test']);
    expect(view.judged[0]?.pooled.n).toBe(30);
    expect(view.coverage.sampleShare).toEqual({ least: 1, mean: 1 });
    expect(view.judged[0]?.pooled).toMatchObject({ accuracy: expect.any(Number), microAp: expect.any(Number) });
  });

  it('shows no figure where copies of training patients are tested', async () => {
    await using consortium = await openConsortium();
    for (const name of ['hospital-a', 'hospital-b', 'hospital-c']) await consortium.join(name);
    const preparation = { oversample: { method: 'duplicate', when: 'beforeSplit' } };
    const { run } = await consortium.lead.launch(consortium.lead.contract({ preparation }));
    const { caveat, judged } = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(caveat).toMatch(/^Oversampled before the split: .*not a measure of performance\.$/);
    expect(judged).toHaveLength(3);
    for (const { pooled, sites } of judged) {
      expect(pooled).toMatchObject({ n: 30, accuracy: null, auc: null, loss: null });
      expect(sites.every(({ accuracy }) => accuracy === null)).toBe(true);
    }
  });
});
