import { type Coordinator, startCoordinator } from '@consilium/coordinator/coordinator';
import { openSqliteStore, type Store } from '@consilium/coordinator/store';
import { stepsOf } from '@consilium/shared/contract';
import { asCoded, coded } from '@consilium/shared/errors';
import { type Log, silentLog } from '@consilium/shared/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { type Deliver, deliverHonestly } from '../harness/light-site.js';
import { type Decide, failingDisk, noSpace } from './failing-disk.js';

const names = ['hospital-a', 'hospital-b'];
const oneRound = { training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } } };
const tryAgainMs = 20;

/** As an agent does: what could not be taken or judged now is sent again, as it is. */
const again =
  (tell: (code: string) => void): Deliver =>
  async (delivery) => {
    for (;;) {
      try {
        return await deliverHonestly(delivery);
      } catch (thrown) {
        tell(asCoded(thrown).code);
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
      }
    }
  };

/** What the coordinator's operator reads. */
function writtenLog() {
  const codes = new Set<string>();
  const note = (entry: object) => {
    const { code, err } = entry as { readonly code?: string; readonly err?: unknown };
    codes.add(code ?? asCoded(err).code);
  };
  const log: Log = { ...silentLog, warn: note, error: note };
  return { log, codes };
}

async function runOn(consortium: Consortium, deliver: Deliver) {
  for (const name of names) await consortium.join(name, { deliver });
  return launchOn(consortium);
}

async function launchOn(consortium: Consortium) {
  const signed = consortium.lead.contract(oneRound);
  await consortium.lead.launch(signed);
  return { run: signed.contract.run, steps: stepsOf(signed.contract.runFile) };
}

const end = (consortium: Consortium, run: string) => consortium.until(run, ({ phase }) => phase === 'closed');

describe('a coordinator without room on its disk', () => {
  let calm: string;
  beforeAll(async () => {
    await using consortium = await openConsortium();
    const { run } = await runOn(consortium, deliverHonestly);
    await end(consortium, run);
    calm = (await consortium.model(run)).hash;
  });

  it('for its journal, at every record once, says so, loses nothing, and ends in the same model', async () => {
    const { log, codes } = writtenLog();
    const told = new Set<string>();
    const tried = new Set<string>();
    let full = false;
    const openStore = async (place: { readonly file: string }): Promise<Store> => {
      const store = await openSqliteStore(place);
      const append: Store['append'] = async (chain, head, records, project) => {
        const place = `${chain} ${records[0]?.sequence}`;
        if (full && !tried.has(place)) {
          tried.add(place);
          throw coded('CSM-STORE-NO-SPACE', { file: 'consilium.sqlite' });
        }
        return store.append(chain, head, records, project);
      };
      return { ...store, append };
    };
    const start = (options: Parameters<typeof startCoordinator>[0]): Promise<Coordinator> =>
      startCoordinator(options, { openStore });
    await using consortium = await openConsortium({ log, start });
    for (const name of names) await consortium.join(name, { deliver: again((code) => told.add(code)) });
    full = true;
    const signed = consortium.lead.contract(oneRound);
    await expect(consortium.lead.launch(signed)).rejects.toThrow('CSM-STORE-NO-SPACE');
    // It is as if it had never been asked, until the consortium's own journal has no room, which comes after the run's.
    await expect(consortium.lead.launch(signed)).rejects.toThrow('CSM-STORE-NO-SPACE');
    const { run } = signed.contract;
    const view = await end(consortium, run);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(calm);
    const journal = await consortium.journal(run);
    expect(journal.filter(({ type }) => type === 'contribution-accepted')).toHaveLength(5 * names.length);
    for (const one of [codes, told]) expect([...one]).toEqual(['CSM-STORE-NO-SPACE']);
    await consortium.restart();
    const lines = Buffer.from(await consortium.lead.download('/api/journal')).toString();
    expect(lines.match(/"run-launched"/g)).toHaveLength(1);
  });

  it('for blobs, in every step in turn, says so in log and status, and goes on once there is room', async () => {
    const { log, codes } = writtenLog();
    const told = new Set<string>();
    let full = false;
    const decide: Decide = ({ name }) => {
      if (full && (name === 'write' || name === 'sync')) noSpace();
    };
    const start = (options: Parameters<typeof startCoordinator>[0]): Promise<Coordinator> =>
      startCoordinator(options, { disk: failingDisk(decide) });
    await using consortium = await openConsortium({ log, start });
    const { run, steps } = await runOn(
      consortium,
      again((code) => told.add(code)),
    );
    const shown = new Set<string>();
    for (let episode = 0; episode < steps.length; episode++) {
      told.clear();
      full = true;
      const caught = await consortium.until(run, ({ phase, error }) => {
        if (error !== null) shown.add(error.code);
        return phase === 'closed' || error !== null || told.size > 0;
      });
      full = false;
      for (const code of told) shown.add(`${code} at a site`);
      // One record more, or the end.
      const from = caught.journalLength;
      await consortium.until(run, ({ phase, journalLength }) => phase === 'closed' || journalLength > from);
    }
    const view = await end(consortium, run);
    expect(view).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(calm);
    expect(shown).toEqual(new Set(['CSM-BLOB-NO-SPACE', 'CSM-BLOB-NO-SPACE at a site']));
    expect([...codes]).toEqual(['CSM-BLOB-NO-SPACE']);
  });
});
