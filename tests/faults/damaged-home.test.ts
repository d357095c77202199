import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Coordinator, startCoordinator } from '@consilium/coordinator/coordinator';
import { asCoded, CodedError } from '@consilium/shared/errors';
import { silentLog } from '@consilium/shared/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { createGate } from '../harness/gate.js';
import { type Deliver, deliverHonestly } from '../harness/light-site.js';
import { damageFile, damages, filesBelow } from './damage.js';
import { weakKeys } from './weak-keys.js';

/** A model of 2.4 MB: an upload of it that was cut has whole chunks in its spool. */
const wide = {
  model: {
    family: 'attention-aml',
    preset: 'small',
    classes: ['x', 'y', 'z'],
    options: { width1: 768, tokens1: 2, heads1: 4 },
  },
  training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } },
  validation: { share: 0 },
};

describe("a damaged file of a coordinator's home", () => {
  let folder: string;
  let consortium: Consortium;
  let run: string;
  let calm: string;
  let kept: string;
  let deliver: Deliver = deliverHonestly;
  /** What a site was told before its update was taken. */
  const told: string[] = [];
  const gate = createGate();

  /** A copy of the home as it lay after the coordinator was closed in the middle of a step. */
  async function copy(): Promise<string> {
    const home = await mkdtemp(join(folder, 'home-'));
    await cp(kept, home, { recursive: true });
    return home;
  }

  const start = (home: string): Promise<Coordinator> =>
    startCoordinator({
      home,
      passphrase: 'test',
      consortium: consortium.lead.consortium,
      lead: consortium.lead.identity.publicKey,
      host: '127.0.0.1',
      port: 0,
      log: silentLog,
    });

  /** Either nothing of it matters, or a start that is refused with a code and words that name the file and what to do. */
  async function outcome(home: string): Promise<'started' | CodedError> {
    try {
      const coordinator = await start(home);
      await coordinator.close();
      return 'started';
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CodedError);
      return thrown as CodedError;
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-damage-'));
    const open: typeof startCoordinator = async (options) => {
      if ((await stat(join(options.home, 'data.key')).catch(() => null)) === null) await weakKeys(options);
      return startCoordinator(options);
    };
    consortium = await openConsortium({ start: open });
    for (const name of ['hospital-a', 'hospital-b']) {
      await consortium.join(name, { deliver: (delivery) => deliver(delivery) });
    }
    const first = await consortium.lead.launch(consortium.lead.contract(wide));
    await consortium.until(first.run, ({ phase }) => phase === 'closed');
    calm = (await consortium.model(first.run)).hash;
    const uploaded = createGate();
    deliver = async (delivery) => {
      if (delivery.task.step.kind !== 'train') return deliverHonestly(delivery);
      await delivery.upload();
      if (delivery.task.site === 'hospital-a') return delivery.submit();
      uploaded.open();
      await gate.opened;
      return deliver(delivery);
    };
    ({ run } = await consortium.lead.launch(consortium.lead.contract(wide)));
    await uploaded.opened;
    await consortium.until(run, ({ sites }) => sites.some(({ standing }) => standing === 'accepted'));
    await consortium.coordinator().close();
    kept = join(folder, 'kept');
    await cp(consortium.home, kept, { recursive: true });
  });
  afterAll(async () => {
    await consortium[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['coordinator.key', 'data.key', 'consilium.sqlite', 'blobs/key-check'])(
    'is named with what to do, wherever it is: %s',
    async (name) => {
      for (const damage of damages) {
        const home = await copy();
        await damageFile(join(home, name), damage);
        const found = await outcome(home);
        // A byte of a page that holds nothing is no damage.
        const unused = name === 'consilium.sqlite' && (damage.kind === 'flip' || damage.at === 1);
        if (unused && found === 'started') continue;
        expect(found, JSON.stringify(damage)).toBeInstanceOf(CodedError);
        const { message, remedy, code } = found as CodedError;
        expect(code).toMatch(/^CSM-(?:KEY|STORE|BLOB)-/);
        expect(message).toContain(home);
        expect(remedy).not.toBe('');
        await rm(home, { recursive: true });
      }
    },
  );

  it('is found where a digit of a record changed that the database itself cannot miss', async () => {
    const home = await copy();
    const file = join(home, 'consilium.sqlite');
    const bytes = await readFile(file);
    let changed = 0;
    for (let at = bytes.indexOf('"samples":40'); at >= 0; at = bytes.indexOf('"samples":40', at + 1)) {
      bytes[at + 10] = 0x35;
      changed += 1;
    }
    expect(changed).toBeGreaterThan(0);
    await writeFile(file, bytes);
    expect(await outcome(home)).toMatchObject({ code: 'CSM-STORE-DAMAGED', details: { file } });
  });

  it('is not taken for a new beginning when the database is gone, which would cost every blob', async () => {
    const home = await copy();
    await rm(join(home, 'consilium.sqlite'));
    expect(await outcome(home)).toMatchObject({ code: 'CSM-STORE-EMPTIED' });
    expect(await filesBelow(join(home, 'blobs'))).toEqual(await filesBelow(join(kept, 'blobs')));
  });

  it('costs the site no more than sending again, where it is an upload that was not taken yet', async () => {
    const names = await filesBelow(consortium.home);
    const marks = names.filter((name) => name.includes('hospital-b') && name.endsWith('.done'));
    const [, hash = ''] = /([0-9a-f]{64})-\d+\.done$/.exec(marks[0] ?? '') ?? [];
    await damageFile(join(consortium.home, 'blobs', 'blobs', hash.slice(0, 2), hash), { kind: 'flip', at: 0.7 });
    await consortium.restart();
    deliver = async (delivery) => {
      const codes: string[] = [];
      for (;;) {
        try {
          const verdict = await deliverHonestly(delivery);
          if (codes.length > 0) told.push(...codes);
          return verdict;
        } catch (thrown) {
          codes.push(asCoded(thrown).code);
        }
      }
    };
    gate.open();
    await consortium.until(run, ({ phase }) => phase === 'closed');
    const view = await consortium.view(run);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(calm);
    expect(told).toEqual(['CSM-BLOB-DAMAGED']);
  });
});
