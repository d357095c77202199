import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity } from '@consilium/shared/crypto';
import type { RunId, SiteId } from '@consilium/shared/ids';
import { siteHome } from '@consilium/site-agent/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConsortium } from '../harness/consortium.js';
import { openHospital } from '../harness/hospital.js';
import { lightTrainer } from '../harness/light-trainer.js';
import { type Decide, failingDisk, noSpace } from './failing-disk.js';
import { wordOf } from './mortal-hospital.js';

const site = 'hospital-b' as SiteId;
/** More than the tries of one transfer, and than the crashes after which a site gives a step up. */
const manyTries = 12;
const oneRound = { training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } } };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-full-site-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A site on a disk, among two others that have nothing to do with it, and what it tells the coordinator of that disk. */
async function siteAmongOthers() {
  const consortium = await openConsortium();
  const others = [await consortium.join('hospital-a'), await consortium.join('hospital-c')];
  const identity = createIdentity();
  await (await consortium.join(site, { identity })).close();
  const place = { site, identity, code: await consortium.lead.invite(site) };
  return {
    /** A whole run. @param onTold called whenever the coordinator is seen to know of the disk's fault */
    async run(home: string, decide: Decide, onTold = () => {}) {
      const disk = failingDisk(decide);
      const trainer = lightTrainer(disk);
      const hospital = await openHospital({ ...place, home: siteHome(join(folder, home)), disk, trainer });
      try {
        const launched = await consortium.lead.launch(consortium.lead.contract(oneRound));
        const view = await consortium.until(launched.run, (now) => {
          const here = now.sites.find((one) => one.site === site);
          if (here?.activity === 'declined') throw here.error;
          if (here?.error?.code === 'CSM-AGENT-DISK') onTold();
          return now.phase === 'closed';
        });
        return { view, model: (await consortium.model(view.run)).hash };
      } finally {
        await hospital.close();
      }
    },
    async expectNoHarm(run: RunId) {
      for (const { contributions, faults } of others) {
        expect(faults).toEqual([]);
        expect(new Set(contributions.values())).toEqual(new Set([1]));
      }
      const journal = await consortium.journal(run);
      expect(journal.filter(({ type }) => type === 'site-left' || type === 'contribution-refused')).toEqual([]);
    },
    [Symbol.asyncDispose]: () => consortium[Symbol.asyncDispose](),
  };
}

describe('a full disk of a site', () => {
  it('at any file that it writes is told to the coordinator; the site goes on once there is room, and no other is harmed', async () => {
    await using there = await siteAmongOthers();
    /** The file at which there was no room first, while there is none. */
    let fullAt: string | null = null;
    const said: string[] = [];
    const files = new Set<string>();
    const calm = await there.run('calm', (operation) => {
      if (operation.name === 'write') files.add(wordOf(operation));
    });
    expect(files.size).toBeGreaterThan(10);
    const struck = new Set<string>();
    const decide: Decide = (operation) => {
      if (operation.name !== 'write' && operation.name !== 'open') return;
      const word = wordOf(operation);
      if (fullAt === null && files.has(word) && !struck.has(word)) {
        struck.add(word);
        fullAt = word;
      }
      if (fullAt !== null) noSpace();
    };
    const { view, model } = await there.run('full', decide, () => {
      if (fullAt !== null) said.push(fullAt);
      fullAt = null;
    });
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(model).toBe(calm.model);
    // What was struck last may have been found again with the run already over.
    expect(new Set(said).size).toBeGreaterThanOrEqual(files.size - 1);
    expect(struck).toEqual(files);
    await there.expectNoHarm(view.run);
  });

  it('that takes half of each frame of a download, try after try, is told as well, and no torn file is ever taken for whole', async () => {
    await using there = await siteAmongOthers();
    const calm = await there.run('calm', () => {});
    let tries = 0;
    let isTold = false;
    const decide: Decide = (operation) => {
      if (wordOf(operation) !== 'write BLOB.part' || (isTold && tries >= manyTries)) return;
      tries += 1;
      noSpace();
    };
    const { view, model } = await there.run('torn', decide, () => {
      isTold = true;
    });
    expect({ isTold, outcome: view.outcome, error: view.error, model }).toEqual({
      ...{ isTold: true, outcome: 'complete', error: null },
      model: calm.model,
    });
    await there.expectNoHarm(view.run);
  });
});
