import { type BlobHash, runId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import type { JournalPage } from './journal-page.js';
import { openStage } from './testing/stage.js';

it("a page of the consortium's journal is read from where it begins, and no further than it goes", async () => {
  const stage = await openStage();
  try {
    for (let index = 0; index < 30; index++) {
      const run = runId.parse(index.toString(16).padStart(32, '0'));
      await stage.sites.launched(run, 'a'.repeat(64) as BlobHash);
    }
    const { journal } = stage.sites;
    let read = 0;
    stage.sites.journal = async function* (...from) {
      for await (const record of journal(...from)) {
        read += 1;
        yield record;
      }
    };
    const answer = await stage.call('GET', '/api/journal/records?from=20&limit=5');
    const { records, more, fault } = (await answer.json()) as JournalPage;
    expect(records.map(({ sequence }) => sequence)).toEqual([20, 21, 22, 23, 24]);
    expect([more, fault]).toEqual([true, null]);
    // One before them, for the link, and one behind them.
    expect(read).toBe(7);
  } finally {
    await stage.close();
  }
});
