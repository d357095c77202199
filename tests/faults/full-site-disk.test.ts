import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { siteHome } from '@consilium/site-agent/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConsortium } from '../harness/consortium.js';
import { openHospital } from '../harness/hospital.js';
import { lightTrainer } from '../harness/light-trainer.js';
import { type Decide, failingDisk, noSpace } from './failing-disk.js';
import { wordOf } from './mortal-hospital.js';

const site = 'hospital-b' as SiteId;
const oneRound = { training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } } };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-full-site-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a full disk of a site', () => {
  it('at any file that it writes is told to the coordinator; the site goes on once there is room, and no other is harmed', async () => {
    await using consortium = await openConsortium();
    const others = [await consortium.join('hospital-a'), await consortium.join('hospital-c')];
    const identity = createIdentity();
    await (await consortium.join(site, { identity })).close();
    const place = { site, identity, code: await consortium.lead.invite(site) };
    const run = async (home: string, decide: Decide) => {
      const disk = failingDisk(decide);
      const trainer = lightTrainer(disk);
      const hospital = await openHospital({ ...place, home: siteHome(join(folder, home)), disk, trainer });
      try {
        const launched = await consortium.lead.launch(consortium.lead.contract(oneRound));
        const view = await consortium.until(launched.run, (now) => {
          const error = now.sites.find((one) => one.site === site)?.error;
          if (fullAt !== null && error?.code === 'CSM-AGENT-DISK') {
            said.push(fullAt);
            fullAt = null;
          }
          return now.phase === 'closed';
        });
        return { view, model: (await consortium.model(view.run)).hash };
      } finally {
        await hospital.close();
      }
    };
    /** The file at which there was no room first, while there is none. */
    let fullAt: string | null = null;
    const said: string[] = [];
    const files = new Set<string>();
    const calm = await run('calm', (operation) => {
      if (operation.name === 'write') files.add(wordOf(operation));
    });
    expect(files.size).toBeGreaterThan(10);
    const struck = new Set<string>();
    const { view, model } = await run('full', (operation) => {
      if (operation.name !== 'write' && operation.name !== 'open') return;
      const word = wordOf(operation);
      if (fullAt === null && files.has(word) && !struck.has(word)) {
        struck.add(word);
        fullAt = word;
      }
      if (fullAt !== null) noSpace();
    });
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect(model).toBe(calm.model);
    // What was struck last may have been found again with the run already over.
    expect(new Set(said).size).toBeGreaterThanOrEqual(files.size - 1);
    expect(struck).toEqual(files);
    for (const { contributions, faults } of others) {
      expect(faults).toEqual([]);
      expect(new Set(contributions.values())).toEqual(new Set([1]));
    }
    const journal = await consortium.journal(view.run);
    expect(journal.filter(({ type }) => type === 'site-left' || type === 'contribution-refused')).toEqual([]);
  });
});
