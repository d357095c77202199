import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contract, contractHash, extendContract, type Step } from '@consilium/shared/contract';
import { createIdentity } from '@consilium/shared/crypto';
import { CodedError, coded } from '@consilium/shared/errors';
import { blobHash, consortiumId, runId, siteId, stepId } from '@consilium/shared/ids';
import { signedManifest, silentLog, type Work } from '@consilium/shared/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../connection/index.js';
import { tinySite } from '../testing/tiny-site.js';
import {
  admit,
  type Ledger,
  leaveRun,
  type Outbound,
  type OwnStatus,
  openEgress,
  openLedger,
  refuseLeft,
} from './index.js';

const hash = (digit: string) => blobHash.parse(digit.repeat(64));
const run = runId.parse('a'.repeat(32));
const now = () => new Date('2026-01-02T03:04:05Z');
const identity = createIdentity();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-governance-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('memory', () => {
  let terms: Contract;
  beforeEach(async () => {
    const site = await tinySite();
    terms = site.signed().contract;
    await site.remove();
  });
  const work = (index: number, step: string, changes: Partial<Work> = {}): Work => ({
    run,
    contract: contractHash(terms),
    contractBlob: hash('2'),
    step: stepId.parse(step),
    index,
    model: hash('3'),
    preparation: hash('4'),
    journal: hash('5'),
    verdict: null,
    ...changes,
  });
  const code = (name: string) => expect.objectContaining({ code: `CSM-AGENT-${name}` });

  it('lets steps go forward, and the same one again', async () => {
    await admit(folder, terms, work(3, 'train:0:1'));
    await admit(folder, terms, work(3, 'train:0:1', { journal: hash('6') }));
    await admit(folder, terms, work(4, 'validate:1', { model: hash('7') }));
    await admit(folder, terms, work(7, 'test', { model: hash('3') }));
  });

  it('takes what a stage does not train for a part of its model', async () => {
    await admit(folder, terms, work(3, 'train:0:1', { frozen: hash('8') }));
    await admit(folder, terms, work(3, 'train:0:1', { frozen: hash('8') }));
    for (const other of [work(3, 'train:0:1', { frozen: hash('9') }), work(3, 'train:0:1')]) {
      await expect(admit(folder, terms, other)).rejects.toEqual(code('SECOND-MODEL'));
    }
  });

  it('takes what the strategy has it train by for a part of its model', async () => {
    await admit(folder, terms, work(5, 'train:0:2', { control: hash('8') }));
    await admit(folder, terms, work(5, 'train:0:2', { control: hash('8') }));
    for (const other of [work(5, 'train:0:2', { control: hash('9') }), work(5, 'train:0:2')]) {
      await expect(admit(folder, terms, other)).rejects.toEqual(code('SECOND-MODEL'));
    }
    await admit(folder, terms, work(6, 'validate:2'));
    await admit(folder, terms, work(5, 'train:0:2', { control: hash('8') }));
    await expect(admit(folder, terms, work(5, 'train:0:2'))).rejects.toEqual(code('SECOND-MODEL'));
  });

  it('takes what the site carries for a part of what a step begins from, now and later', async () => {
    const first = stepId.parse('train:0:1');
    const carried = stepId.parse('train:0:2');
    const step = work(7, 'test', { carried });
    await admit(folder, terms, work(3, 'train:0:1'));
    await admit(folder, terms, work(5, 'train:0:2', { carried: first }));
    for (const other of [work(5, 'train:0:2', { carried }), work(5, 'train:0:2')]) {
      await expect(admit(folder, terms, other)).rejects.toEqual(code('SECOND-MODEL'));
    }
    await admit(folder, terms, step);
    await admit(folder, terms, step);
    await admit(folder, terms, work(5, 'train:0:2', { carried: first }));
    for (const other of [work(5, 'train:0:2'), work(3, 'train:0:1', { carried: first }), work(7, 'test')]) {
      await expect(admit(folder, terms, other)).rejects.toEqual(code('SECOND-MODEL'));
    }
  });

  it('that an earlier version wrote tells nothing of what the site carried, and stands', async () => {
    await admit(folder, terms, work(3, 'train:0:1'));
    await admit(folder, terms, work(5, 'train:0:2', { carried: stepId.parse('train:0:1') }));
    const file = join(folder, 'memory.json');
    const { carried, notAfter, earlier, ...rest } = JSON.parse(await readFile(file, 'utf8'));
    const before = earlier.map(({ index, from }: { index: number; from: string }) => ({ index, from }));
    await writeFile(file, JSON.stringify({ ...rest, earlier: before }));
    expect([carried, notAfter]).toEqual(['train:0:1', terms.notAfter]);
    await admit(folder, terms, work(5, 'train:0:2', { carried: stepId.parse('train:0:1') }));
    await admit(folder, terms, work(3, 'train:0:1'));
    await admit(folder, terms, work(6, 'validate:2', { carried: stepId.parse('train:0:2') }));
  });

  it('refuses a step back, another model or preparation for one step, another contract', async () => {
    await admit(folder, terms, work(4, 'validate:1'));
    await expect(admit(folder, terms, work(3, 'train:0:1'))).rejects.toEqual(code('STEP-BACK'));
    await expect(admit(folder, terms, work(4, 'validate:1', { model: hash('9') }))).rejects.toEqual(
      code('SECOND-MODEL'),
    );
    await expect(admit(folder, terms, work(4, 'validate:1', { preparation: null }))).rejects.toEqual(
      code('SECOND-MODEL'),
    );
    const other = { ...terms, runFile: { ...terms.runFile, seed: 8 } };
    const under = work(5, 'train:0:2', { contract: contractHash(other) });
    await expect(admit(folder, other, under)).rejects.toEqual(code('SECOND-CONTRACT'));
  });

  it('does steps again for a coordinator that lost them, from the same models alone', async () => {
    const steps = [
      work(3, 'train:0:1'),
      work(4, 'validate:1', { model: hash('7') }),
      work(5, 'train:0:2', { model: hash('7') }),
    ];
    for (const step of steps) await admit(folder, terms, step);
    for (const step of steps) await admit(folder, terms, step);
    await admit(folder, terms, work(3, 'train:0:1', { journal: hash('6') }));
    const other = [{ model: hash('9') }, { preparation: null }, { frozen: hash('8') }];
    for (const change of other) {
      await expect(admit(folder, terms, work(4, 'validate:1', change))).rejects.toEqual(code('SECOND-MODEL'));
    }
    await expect(admit(folder, terms, work(2, 'initial'))).rejects.toEqual(code('STEP-BACK'));
    await admit(folder, terms, work(6, 'validate:2', { model: hash('8') }));
    await expect(admit(folder, terms, work(5, 'train:0:2', { model: hash('8') }))).rejects.toEqual(
      code('SECOND-MODEL'),
    );
  });

  it('goes on under a contract that extends the one it knows, however many it missed, and never back', async () => {
    const under = (contract: Contract, index: number, step: string) =>
      admit(folder, contract, work(index, step, { contract: contractHash(contract) }));
    const longer = extendContract(terms, { rounds: 3 });
    const longest = extendContract(longer, { rounds: 4 });
    await under(terms, 3, 'train:0:1');
    await under(longest, 3, 'train:0:1');
    for (const former of [terms, longer, extendContract(terms, { rounds: 9 })]) {
      await expect(under(former, 4, 'validate:1')).rejects.toEqual(code('SECOND-CONTRACT'));
    }
    await under(longest, 9, 'train:0:4');
  });

  it('refuses what the contract does not hold, and leaves no trace of it', async () => {
    await expect(admit(folder, terms, work(8, 'train:0:3'))).rejects.toEqual(code('STEP-UNKNOWN'));
    await expect(admit(folder, terms, work(3, 'train:0:2'))).rejects.toEqual(code('STEP-UNKNOWN'));
    await admit(folder, terms, work(0, 'prepare:cohort:1'));
  });

  it('does not take a damaged memory for none', async () => {
    await admit(folder, terms, work(4, 'validate:1'));
    await writeFile(join(folder, 'memory.json'), '{"format":"consilium-mem');
    await expect(admit(folder, terms, work(3, 'train:0:1'))).rejects.toEqual(code('DISK'));
  });
});

describe('ledger', () => {
  const path = () => join(folder, 'ledger.jsonl');
  async function write(...types: readonly string[]): Promise<void> {
    const ledger = await openLedger(path(), identity, now);
    for (const type of types) await ledger.append(type, { run }, true);
    await ledger.close();
  }

  it('goes on from where it ended', async () => {
    await write('statistics', 'update');
    await write('report');
    const lines = (await readFile(path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).sequence)).toEqual([0, 1, 2]);
  });

  it('cuts away a line that a crash tore off', async () => {
    await write('update');
    await appendFile(path(), '{"body":{"ha');
    await write('report');
    await write();
    expect((await readFile(path(), 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  it('does not open when a line was altered, or is of another key', async () => {
    await write('update', 'report');
    const text = await readFile(path(), 'utf8');
    await writeFile(path(), text.replace('"type":"update"', '"type":"status"'));
    await expect(write('report')).rejects.toMatchObject({ code: 'CSM-JOURNAL-ALTERED' });
    await writeFile(path(), text);
    await expect(openLedger(path(), createIdentity(), now)).rejects.toMatchObject({ code: 'CSM-JOURNAL-SIGNATURE' });
  });
});

describe('egress', () => {
  const sent: string[] = [];
  const noted: string[] = [];
  beforeEach(() => {
    sent.length = 0;
    noted.length = 0;
  });
  const ledger: Ledger = {
    append: async (type) => void noted.push(type),
    rekey: async () => {},
    close: async () => {},
  };
  const connection: Pick<Connection, 'sendStatus' | 'upload' | 'submit'> = {
    sendStatus: () => void sent.push('status'),
    upload: async () => void sent.push('upload'),
    submit: () => {
      sent.push('submit');
      return new Promise<never>(() => {});
    },
  };
  const egress = (given: Ledger = ledger) => openEgress(connection, given, silentLog, join(folder, 'left'));
  const train: Step = { kind: 'train', stage: 0, round: 1 };
  const outbound = (changes: Partial<Outbound> = {}, manifest: object = {}): Outbound => ({
    contribution: signedManifest.parse({
      manifest: {
        consortium: consortiumId.parse('c'.repeat(32)),
        run,
        contract: hash('1'),
        step: 'train:0:1',
        site: siteId.parse('north'),
        base: hash('3'),
        kind: 'update',
        codec: 'f32',
        samples: 30,
        hash: hash('8'),
        bytes: 100,
        ...manifest,
      },
      signature: 'A'.repeat(86),
    }),
    path: join(folder, 'blob'),
    step: train,
    patients: 30,
    minimumCohort: 5,
    updateBytes: 100,
    ...changes,
  });
  const status = (changes: Partial<OwnStatus>): OwnStatus => ({
    version: '0.1.0',
    node: 'v20',
    backend: null,
    run,
    step: stepId.parse('train:0:1'),
    activity: 'training',
    progress: null,
    error: null,
    ...changes,
  });

  const changed: readonly (readonly [string, Partial<Outbound>, object])[] = [
    ['CSM-EGRESS-COHORT', { patients: 4 }, {}],
    ['CSM-EGRESS-SIZE', {}, { bytes: 101 }],
    ['CSM-EGRESS-SIZE', { updateBytes: null }, {}],
    ['CSM-EGRESS-KIND', { step: { kind: 'test' } }, {}],
    ['CSM-EGRESS-KIND', {}, { kind: 'report', codec: 'json' }],
  ];
  it.each(changed)('refuses with %s when %j %j, and nothing leaves', async (code, changes, manifest) => {
    await expect(egress().release(outbound(changes, manifest))).rejects.toMatchObject({ code });
    expect([sent, noted]).toEqual([[], []]);
  });

  it('notes a contribution before it leaves, and lets its sender go when the step is over', async () => {
    await writeFile(join(folder, 'blob'), 'x');
    const over = new AbortController();
    const released = egress().release(outbound(), { signal: over.signal });
    while (!sent.includes('submit')) await new Promise((resolve) => setImmediate(resolve));
    over.abort(new Error('over'));
    await expect(released).rejects.toThrow('over');
    expect(noted).toEqual(['update']);
  });

  it('hands nothing in for a run that the hospital leaves in the middle of an upload, and sends nothing for it after', async () => {
    await writeFile(join(folder, 'blob'), 'x');
    const left = join(folder, 'left');
    const upload = async () => {
      sent.push('upload');
      await leaveRun(left, run);
    };
    const door = openEgress({ ...connection, upload }, ledger, silentLog, left);
    await expect(door.release(outbound())).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT', details: { run } });
    expect([sent, noted]).toEqual([['upload'], ['update']]);
    await expect(door.release(outbound())).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT' });
    expect([sent, noted]).toEqual([['upload'], ['update']]);
  });

  it('sends no further piece of an upload once the run is left', async () => {
    await writeFile(join(folder, 'blob'), 'abc');
    const left = join(folder, 'left');
    const upload: typeof connection.upload = async (_, source) => {
      for (const offset of [0, 1, 2]) {
        sent.push(Buffer.from(await source.read(offset, 1)).toString());
        if (offset === 0) await leaveRun(left, run);
      }
    };
    const door = openEgress({ ...connection, upload }, ledger, silentLog, left);
    await expect(door.release(outbound())).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT', details: { run } });
    expect(sent).toEqual(['a']);
  });

  it('keeps each of many runs that are left at once', async () => {
    const left = join(folder, 'left');
    const runs = Array.from({ length: 8 }, (_, digit) => runId.parse(String(digit).repeat(32)));
    expect(await Promise.all(runs.map((each) => leaveRun(left, each)))).toEqual(runs.map(() => true));
    for (const each of runs) {
      await expect(refuseLeft(left, each)).rejects.toMatchObject({ code: 'CSM-AGENT-LEFT', details: { run: each } });
      expect(await leaveRun(left, each)).toBe(false);
    }
    await refuseLeft(left, run);
  });

  it('says of a run that was left only that, whatever the agent says', async () => {
    const told: object[] = [];
    const left = join(folder, 'left');
    const door = openEgress({ ...connection, sendStatus: (given) => told.push(given) }, ledger, silentLog, left);
    const progress = { done: 3, total: 9, unit: 'batches', epoch: 1, loss: 0.7 } as const;
    door.status(status({ progress }));
    await door.settled();
    await leaveRun(left, run);
    door.status(status({ progress }));
    door.status(status({ run: null, step: null, activity: 'idle' }));
    await door.settled();
    const error = { code: 'CSM-AGENT-LEFT', details: { run } };
    expect(told).toMatchObject([
      { progress, error: null },
      { activity: 'declined', progress: null, error },
      { run: null },
    ]);
  });

  it('says that the disk fails where the file of a contribution cannot be read', async () => {
    await expect(egress().release(outbound())).rejects.toMatchObject({
      ...{ code: 'CSM-AGENT-DISK', details: { file: 'blob', reason: 'ENOENT' } },
    });
    await mkdir(join(folder, 'blob'));
    const upload: typeof connection.upload = async (_, source) => void (await source.read(0, 1));
    const door = openEgress({ ...connection, upload }, ledger, silentLog, join(folder, 'left'));
    await expect(door.release(outbound())).rejects.toMatchObject({
      ...{ code: 'CSM-AGENT-DISK', details: { file: 'blob', reason: 'EISDIR' } },
    });
  });

  it('tells of an error what may leave, and the ledger holds the same', async () => {
    const told: (OwnStatus['error'] | object)[] = [];
    const lines: object[] = [];
    const small: Ledger = { ...ledger, append: async (_, body) => void lines.push(body) };
    const sendStatus: typeof connection.sendStatus = ({ error }) => void told.push(error ?? {});
    const door = openEgress({ ...connection, sendStatus }, small, silentLog, join(folder, 'left'));
    const straddle = coded('CSM-DATA-SPLIT-STRADDLE', { file: 'parts.csv', patients: 2 });
    const declined = { activity: 'declined', error: straddle } as const;
    door.status(status(declined));
    door.status(status(declined), new Set(['parts.csv']));
    // An agent that hands in more than the texts name.
    door.status(
      status({ ...declined, error: new CodedError('CSM-AGENT-STEP-BACK', { run, step: 'test', patient: 'Mary' }) }),
    );
    await door.settled();
    const expected = [
      { code: 'CSM-DATA-SPLIT-STRADDLE', details: {} },
      { code: 'CSM-DATA-SPLIT-STRADDLE', details: { file: 'parts.csv' } },
      { code: 'CSM-AGENT-STEP-BACK', details: { run, step: 'test' } },
    ];
    expect(told).toEqual(expected);
    const { step, activity } = status(declined);
    expect(lines).toEqual(expected.map(({ code, details }) => ({ run, step, activity, error: code, details })));
  });

  it('lets nothing pass that the ledger cannot note', async () => {
    await writeFile(join(folder, 'blob'), 'x');
    const full: Ledger = {
      append: () => Promise.reject(new Error('full')),
      rekey: async () => {},
      close: async () => {},
    };
    const door = egress(full);
    await expect(door.release(outbound())).rejects.toThrow('full');
    door.status(status({}));
    await door.settled();
    expect(sent).toEqual([]);
  });

  it('says that the disk is full, and notes what it said, in order, before a contribution leaves', async () => {
    await writeFile(join(folder, 'blob'), 'x');
    let isFull = true;
    const lines: unknown[] = [];
    const small: Ledger = {
      async append(type, body) {
        if (isFull) throw coded('CSM-AGENT-DISK', { file: 'ledger.jsonl', reason: 'ENOSPC' });
        lines.push(type === 'status' ? (body as { readonly activity: string }).activity : type);
      },
      rekey: async () => {},
      close: async () => {},
    };
    const door = egress(small);
    for (const activity of ['fetching', 'troubled', 'troubled', 'training'] as const) door.status(status({ activity }));
    await expect(door.release(outbound())).rejects.toMatchObject({ code: 'CSM-AGENT-DISK' });
    expect([sent, lines]).toEqual([['status', 'status', 'status', 'status'], []]);
    isFull = false;
    const over = new AbortController();
    const released = door.release(outbound(), { signal: over.signal });
    while (!sent.includes('submit')) await new Promise((resolve) => setImmediate(resolve));
    over.abort(new Error('over'));
    await expect(released).rejects.toThrow('over');
    expect(lines).toEqual(['fetching', 'troubled', 'training', 'update']);
  });

  it('notes a status when the activity changes, not when progress does', async () => {
    const door = egress();
    door.status(status({}));
    door.status(status({ progress: { done: 1, total: 2, unit: 'batches' } }));
    door.status(status({ activity: 'waiting' }));
    await door.settled();
    expect(sent).toHaveLength(3);
    expect(noted).toEqual(['status', 'status']);
  });
});
