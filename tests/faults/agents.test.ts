import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { idOf, stepsOf } from '@consilium/shared/contract';
import { createIdentity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { followKeeper, readJournal, verifyChain } from '@consilium/shared/journal';
import { frameBytes } from '@consilium/shared/wire';
import { siteHome } from '@consilium/site-agent/config';
import type { Source } from '@consilium/site-agent/connection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takenPart } from '../../site-agent/src/runs/turnout.js';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { soakLimitMs, soakSeconds } from '../harness/soak.js';
import { createCleanUp, mebibyte, run, startCoordinator, startSite, step } from '../transport/kit.js';
import { openMortalHospital } from './mortal-hospital.js';

const names = Array.from({ length: 12 }, (_, index) => `hospital-${String(index).padStart(2, '0')}` as SiteId);
const twoRounds = { training: { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 } } };

const cleanUp = createCleanUp();
afterEach(cleanUp.run);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-agents-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Keys and codes of approved sites. */
const approved = (consortium: Consortium) =>
  Promise.all(
    names.map(async (site) => {
      const identity = createIdentity();
      await (await consortium.join(site, { identity })).close();
      return { site, identity, code: await consortium.lead.invite(site) };
    }),
  );

/** A run with these sites, whose agents die where they are told to. */
async function runOf(
  consortium: Consortium,
  members: Awaited<ReturnType<typeof approved>>,
  home: string,
  deadly: (site: number) => ReadonlySet<string>,
) {
  const hospitals = members.map((member, index) => {
    const place = { ...member, home: siteHome(join(folder, home, member.site)) };
    return { ...place, ...openMortalHospital({ ...place, deadly: deadly(index) }) };
  });
  try {
    const signed = consortium.lead.contract(twoRounds);
    const { run: launched } = await consortium.lead.launch(signed);
    const view = await consortium.until(launched, ({ phase }) => phase === 'closed');
    const steps = stepsOf(signed.contract.runFile).flatMap((step) => (step.kind === 'initial' ? [] : [idOf(step)]));
    return {
      view,
      model: (await consortium.model(launched)).hash,
      steps,
      hospitals,
      turnouts: await Promise.all(hospitals.map(({ home }) => takenPart(join(home.runs, launched), signed.contract))),
      journal: await consortium.journal(launched),
    };
  } finally {
    await Promise.all(hospitals.map(({ close }) => close()));
  }
}

/** Hashes of what left a site, by its ledger, which must verify. */
async function released({ home, identity }: Awaited<ReturnType<typeof runOf>>['hospitals'][number]) {
  const hashes = new Set<unknown>();
  async function* lines() {
    for await (const record of readJournal([await readFile(home.ledger)])) {
      if (record.type !== 'status') hashes.add((record.body as { readonly hash: string }).hash);
      yield record;
    }
  }
  await verifyChain(lines(), { verify: followKeeper([identity.publicKey]) });
  return hashes;
}

describe('agents that are killed', () => {
  it('at every change of their disks and every turn of their work end in the same model, do and send nothing twice, and leave ledgers that verify', async () => {
    await using consortium = await openConsortium();
    const members = await approved(consortium);
    const calm = await runOf(consortium, members, 'calm', () => new Set());
    const { moments } = calm.hospitals[0]!;
    // At each site others of them, so that together their agents die at every one.
    const partOf = (site: number) => new Set(moments.filter((_, index) => index % names.length === site));
    const torn = await runOf(consortium, members, 'mortal', partOf);
    expect(torn.view).toMatchObject({ outcome: 'complete', error: null });
    expect(torn.model).toBe(calm.model);
    expect(new Set(torn.hospitals.flatMap(({ deaths }) => deaths))).toEqual(new Set(moments));
    expect(torn.hospitals.flatMap(({ again }) => again)).toEqual([]);
    for (const turnout of torn.turnouts) expect(turnout).toEqual([{ stage: 'train', rounds: 2, accepted: [[1, 2]] }]);
    expect(torn.journal.filter(({ type }) => type === 'contribution-refused')).toEqual([]);
    const accepted = torn.journal.filter(({ type }) => type === 'contribution-accepted');
    expect(accepted).toHaveLength(torn.steps.length * names.length);
    for (const hospital of torn.hospitals) {
      const left = await released(hospital);
      for (const { body } of accepted.filter(({ body }) => body.site === hospital.site)) {
        const { manifest } = body.contribution as { readonly manifest: { readonly hash: string } };
        expect(left.has(manifest.hash)).toBe(true);
      }
    }
  });

  it.runIf(soakSeconds > 0)(
    'at random moments, again and again, end in the same model',
    async () => {
      await using consortium = await openConsortium();
      const members = await approved(consortium);
      const calm = await runOf(consortium, members, 'calm', () => new Set());
      const { moments } = calm.hospitals[0]!;
      const endMs = performance.now() + soakSeconds * 1000;
      for (let time = 0; performance.now() < endMs; time++) {
        const some = () => new Set(moments.filter(() => Math.random() < 0.1));
        const torn = await runOf(consortium, members, `random-${time}`, some);
        const deaths = torn.hospitals.map(({ site, deaths }) => ({ site, deaths }));
        expect(torn.model, JSON.stringify(deaths)).toBe(calm.model);
        expect(torn.hospitals.flatMap(({ again }) => again)).toEqual([]);
      }
    },
    soakLimitMs,
  );

  it('at every frame of an upload, and before it is handed in, send no acknowledged byte again', async () => {
    const size = 5 * mebibyte + 4321;
    const bytes = randomBytes(size);
    const blob = { run, step, hash: sha256(bytes) };
    const { address, store } = await startCoordinator(cleanUp);
    const frames = Math.ceil(size / frameBytes);
    let acknowledged = 0;
    // The last two live: one until all is acknowledged, the other to the end.
    for (let life = 0; life <= frames + 1; life++) {
      const stop = new AbortController();
      const site = startSite(cleanUp, { address, signal: stop.signal });
      const die = () => stop.abort(new Error('killed'));
      const source: Source = {
        bytes: size,
        async read(offset, length) {
          expect(offset).toBeGreaterThanOrEqual(acknowledged);
          if (offset === life * frameBytes) die();
          return bytes.subarray(offset, offset + length);
        },
      };
      const onProgress = (done: number) => {
        expect(done).toBeGreaterThanOrEqual(acknowledged);
        acknowledged = done;
        if (life === frames && done === size) die();
      };
      const upload = site.upload(blob, source, { onProgress, signal: stop.signal });
      await (life <= frames ? expect(upload).rejects.toThrow() : upload);
      await site.close();
    }
    expect(Buffer.compare(store.blobs.all.get(blob.hash)!, bytes)).toBe(0);
    expect(store.writes.reduce((sum, { length }) => sum + length, 0)).toBe(size);
  });
});
