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
  });
});
