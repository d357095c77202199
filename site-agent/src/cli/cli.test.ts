import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnrolmentCode, createIdentity } from '@consilium/shared/crypto';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeKey, siteHome, writeEnrolment } from '../config/index.js';
import { examination } from '../doctor/index.js';
import { quietContext } from '../testing/command-context.js';
import { createProgram } from './program.js';

const runText = `name: tiny
model: { family: attention-aml, preset: small, classes: [A, B] }
data: { kind: expression-table, id: sample, label: kind, files: { features: table.csv, samples: samples.csv }, testShare: 0.25 }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
`;
const patients = Array.from({ length: 40 }, (_, row) => row);

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-cli-'));
  printed = [];
  process.exitCode = undefined;
  await writeFile(join(folder, 'run.yaml'), runText);
  await writeFile(
    join(folder, 'table.csv'),
    ['sample,g1,g2', ...patients.map((row) => `s${row},${row % 7},${row % 3}`)].join('\n'),
  );
  await writeFile(
    join(folder, 'samples.csv'),
    [
      'sample,kind,center',
      ...patients.map((row) => `s${row},${row % 2 ? 'A' : 'B'},${['south', ' north', ''][row % 3]}`),
    ].join('\n'),
  );
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

const context = (env: Record<string, string> = {}, signal = new AbortController().signal) =>
  quietContext(printed, { env, signal });
const type = async (words: readonly string[], env?: Record<string, string>) =>
  (await createProgram(context(env))).parseAsync(['node', 'consilium-site', ...words]);
const home = () => join(folder, 'home');
const run = () => join(folder, 'run.yaml');
/** The same on a machine with the native library and on one without. */
const withoutLibrary = { CONSILIUM_NATIVE: '/nonexistent' };

describe('groups', () => {
  it('prints the values of a column of the sample table, sorted, without the empty one', async () => {
    await type(['groups', run(), '--data', folder, '--by', 'center']);
    expect(printed).toEqual(['["north","south"]']);
  });

  it('names the nearest column when there is none of that name', async () => {
    await expect(type(['groups', run(), '--data', folder, '--by', 'centre'])).rejects.toMatchObject({
      code: 'CSM-DATA-COLUMN',
      details: { column: 'centre', near: expect.stringContaining('center') },
    });
  });
});

describe('a run on images', () => {
  const imageRun = () => join(folder, 'images.yaml');
  beforeEach(async () => {
    const rows = patients.slice(0, 12).map((row) => `s${row},${row % 2 ? 'A' : 'B'},lab${row % 2},${row}.bmp`);
    await writeFile(join(folder, 'cells.csv'), ['sample,kind,lab,file', ...rows, 's90,A,lab0,gone.bmp'].join('\n'));
    for (const row of patients.slice(0, 12)) await writeFile(join(folder, `${row}.bmp`), bitmap(row));
    await writeFile(
      imageRun(),
      runText.replace(/data:.*/, 'data: { kind: images, label: kind, side: 16, files: { samples: cells.csv } }'),
    );
  });

  /** An uncompressed BMP of 8 × 8 pixels of one colour. */
  function bitmap(shade: number): Buffer {
    const file = Buffer.alloc(54 + 8 * 24, shade);
    file.fill(0, 0, 54);
    file.write('BM');
    for (const [at, value] of [
      [10, 54],
      [14, 40],
      [18, 8],
      [22, 8],
    ] as const)
      file.writeUInt32LE(value, at);
    file.writeUInt16LE(24, 28);
    return file;
  }

  it('is split by a column of its one table', async () => {
    await type(['groups', imageRun(), '--data', folder, '--by', 'lab']);
    expect(printed).toEqual(['["lab0","lab1"]']);
  });

  it('is examined as any other, with the images that cannot be used', async () => {
    await type(['doctor', imageRun(), '--data', folder, '--home', home()], withoutLibrary);
    const text = printed.join('\n');
    expect(text).toContain('13 rows read, 12 used');
    expect(text).toContain('images, brought to 16 × 16 pixels');
    expect(text).toContain('set aside: cells.csv, line 14: file missing in column file');
  });
});

describe('doctor', () => {
  const settings = async (text: string) => {
    await mkdir(home(), { recursive: true });
    await writeFile(join(home(), 'site.yaml'), text);
  };

  it('examines machine, backend, speed and GPU, and shows exact counts of the rows that are ours', async () => {
    await type(['doctor', run(), '--data', folder, '--row', 'center=south', '--home', home()], withoutLibrary);
    const text = printed.join('\n');
    for (const what of ['Node', 'Machine', 'Disk', 'Backend', 'Speed', 'GPU']) {
      expect(text).toMatch(new RegExp(`^(?:ok|warning) +${what} +\\S`, 'm'));
    }
    expect(text).toMatch(/Backend +CSM-DOCTOR-BACKEND-LOWER: wasm /);
    expect(text).toMatch(/Speed .*\d GFLOP\/s in products of/);
    expect(text).toContain('14 rows read, 14 used');
    expect(text).toMatch(/samples {3}\d+ +\d+ +\d+/);
    expect(process.exitCode).toBeUndefined();
  });

  it('goes on after a fault, says each in the words of its code, and ends with status 1', async () => {
    await settings('data: { directory: . }\nbackend: quick\n');
    await writeFile(run(), runText.replace('label: kind', 'label: kin'));
    await type(['doctor', run(), '--data', folder, '--home', home()], withoutLibrary);
    expect(printed.join('\n')).toMatch(
      /^fault +Settings +CSM-SITECONFIG-INVALID: .*line 2[\s\S]*Speed[\s\S]*^fault +Data +CSM-DATA-COLUMN: .*no column kin/m,
    );
    expect(printed.at(-1)).toMatch(/^2 faults, \d warnings?\.$/);
    expect(process.exitCode).toBe(1);
  });

  it('asks to enrol a site that has settings alone', async () => {
    await settings('data: { directory: . }\nbackend: wasm\n');
    await type(['doctor', '--home', home()], withoutLibrary);
    expect(printed.join('\n')).toMatch(/^ok +Backend +wasm/m);
    expect(printed.join('\n')).toMatch(/^warning +Network +CSM-CLISITE-NOT-ENROLLED/m);
    expect(process.exitCode).toBeUndefined();
  });

  it('says once that the coordinator does not answer, and again what else keeps the key from being proven', async () => {
    await settings('data: { directory: . }\nbackend: wasm\n');
    const lead = createIdentity().publicKey;
    await writeEnrolment(siteHome(home()), {
      address: 'http://127.0.0.1:1',
      lead,
      consortium: consortiumId.parse('c'.repeat(32)),
      site: siteId.parse('north'),
    });
    await makeKey(siteHome(home()), 'long enough');
    const found = async (passphrase: string) => {
      printed = [];
      await type(['doctor', '--home', home(), '--json'], { ...withoutLibrary, CONSILIUM_PASSPHRASE: passphrase });
      return examination.parse(JSON.parse(printed.join('\n')));
    };
    const { state, findings } = await found('long enough');
    expect(state).toBe('fault');
    expect(findings.at(-1)).toMatchObject({ what: 'Network', state: 'fault', code: 'CSM-HANDSHAKE-UNREACHABLE' });
    expect(process.exitCode).toBe(1);
    expect((await found('another one')).findings.slice(-2)).toMatchObject([
      { what: 'Network', state: 'fault' },
      { what: 'Key', state: 'fault', code: 'CSM-KEY-PASSPHRASE' },
    ]);
  });

  it('stops without a word on Ctrl-C', async () => {
    const words = ['node', 'consilium-site', 'doctor', '--data', folder, '--home', home()];
    await (await createProgram(context(withoutLibrary, AbortSignal.abort()))).parseAsync(words);
    expect(printed.join('\n')).not.toMatch(/Backend|CSM-/);
    expect(process.exitCode).toBe(130);
  });

  it('survives a library that ends the process which loads it', async () => {
    await type(['doctor', '--data', folder, '--home', home(), '--json'], { NODE_OPTIONS: '--no-such-option' });
    const { findings } = examination.parse(JSON.parse(printed.join('\n')));
    expect(findings).toContainEqual(
      expect.objectContaining({ what: 'Backend', state: 'fault', code: 'CSM-BACKEND-ENDED' }),
    );
    expect(findings.map(({ what }) => what)).toContain('GPU');
  });
});

describe('leave', () => {
  const run = 'a'.repeat(32);
  const leave = (word: string) => type(['leave', word, '--home', home()]);

  it('leaves a run once, and says so', async () => {
    await expect(leave(run)).rejects.toMatchObject({ code: 'CSM-CLISITE-NOT-ENROLLED' });
    const { publicKey: lead } = createIdentity();
    const consortium = consortiumId.parse('c'.repeat(32));
    await mkdir(home());
    await writeEnrolment(siteHome(home()), {
      ...{ address: 'https://127.0.0.1:1', lead, consortium, site: siteId.parse('north') },
    });
    await leave(run);
    await leave(run);
    expect(printed.filter((line) => line.includes(run))).toEqual([
      `This hospital has left run ${run}.`,
      `This hospital had left run ${run} before.`,
    ]);
    await expect(leave('latest')).rejects.toMatchObject({ code: 'CSM-CLI-ARGUMENT' });
  });
});

describe('enrol', () => {
  const code = (notAfter: string) =>
    createEnrolmentCode({
      address: 'http://127.0.0.1:1',
      lead: createIdentity().publicKey,
      consortium: consortiumId.parse('c'.repeat(32)),
      site: siteId.parse('north'),
      notAfter: new Date(notAfter),
    }).text;

  it('refuses a code that is no code or has ended, before it makes anything', async () => {
    await expect(type(['enrol', 'consilium1-abc', '--home', home()])).rejects.toMatchObject({ code: 'CSM-ENROL-CODE' });
    await expect(type(['enrol', code('2026-05-01T00:00:00Z'), '--home', home()])).rejects.toMatchObject({
      code: 'CSM-ENROL-EXPIRED',
    });
    await expect(readFile(join(home(), 'site.key'))).rejects.toThrow();
  });

  it('asks for a passphrase where nobody can be asked, and for a longer one', async () => {
    const good = code('2026-07-01T00:00:00Z');
    await expect(type(['enrol', good, '--home', home()])).rejects.toMatchObject({ code: 'CSM-CLI-PASSPHRASE' });
    await expect(type(['enrol', good, '--home', home()], { CONSILIUM_PASSPHRASE: 'short' })).rejects.toMatchObject({
      code: 'CSM-CLI-ARGUMENT',
    });
  });

  it('says that the coordinator cannot be reached, and keeps the key for the next try', async () => {
    const words = ['enrol', code('2026-07-01T00:00:00Z'), '--home', home()];
    const env = { CONSILIUM_PASSPHRASE: 'long enough' };
    await expect(type(words, env)).rejects.toMatchObject({ code: 'CSM-HANDSHAKE-UNREACHABLE' });
    const key = await readFile(join(home(), 'site.key'), 'utf8');
    await expect(type(words, env)).rejects.toMatchObject({ code: 'CSM-HANDSHAKE-UNREACHABLE' });
    expect(await readFile(join(home(), 'site.key'), 'utf8')).toBe(key);
  });
});

it('start says what to do in a folder that is not enrolled', async () => {
  await expect(type(['start', '--home', home()])).rejects.toMatchObject({ code: 'CSM-CLISITE-NOT-ENROLLED' });
});

it('evaluate names the file that an export lacks', async () => {
  await expect(type(['evaluate', folder, '--data', folder, '--home', home()])).rejects.toMatchObject({
    code: 'CSM-EVALUATE-EXPORT',
    details: { file: 'SHA256SUMS' },
  });
});
