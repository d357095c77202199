import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import type { Contract } from '@consilium/shared/contract';
import {
  createIdentity,
  fingerprint,
  type Identity,
  parseEnrolmentCode,
  proveEnrolment,
  sign,
} from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { encodePrevious, readSums, sumsFile, writeSums } from '@consilium/shared/exported';
import { type PublicKey, siteId } from '@consilium/shared/ids';
import { type JournalHead, journalLine, sealRecord } from '@consilium/shared/journal';
import { encodePreparation } from '@consilium/shared/statistics';
import { encodeWeights } from '@consilium/shared/weights';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exampleView, fakeRuns } from '../api/testing/fake-runs.js';
import { openStage, type Stage } from '../api/testing/stage.js';
import type { Exported } from '../conduct/view.js';
import type { CommandContext } from './context.js';
import { openLeadHome } from './lead-home.js';
import { createProgram } from './program.js';

const site = siteId.parse('hospital-a');
const transcript = randomBytes(32);
const runYaml = `
name: two-classes
model: { family: attention-aml, classes: [a, b] }
data: { kind: expression-table, label: subtype, features: { file: panel.txt }, files: { features: x.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 0.001 } }
`;

let folder: string;
let home: string;
let stage: Stage;
let parts: { -readonly [Part in keyof Exported]?: Exported[Part] };
let lines: string[];

/** Runs a command as it would be typed; returns its lines. */
async function consilium(...words: string[]): Promise<string> {
  lines = [];
  const context: CommandContext = {
    env: { CONSILIUM_PASSPHRASE: 'pass phrase', CONSILIUM_HOME: home },
    now: () => new Date(),
    random: randomBytes,
    interactive: false,
    secret: () => Promise.reject(new Error('asked')),
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
  };
  const program = createProgram(context).exitOverride();
  await program.parseAsync(words, { from: 'user' });
  return lines.join('\n');
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof CodedError ? thrown.code : thrown),
  );

/** Enrols with a code, as a hospital's agent does through the gateway. */
async function enrol(text: string, key: PublicKey, forged: Partial<{ leadProof: string }> = {}): Promise<void> {
  const { secret, consortium, site: name } = parseEnrolmentCode(text);
  const proof = proveEnrolment(secret, { transcript, consortium, site: name, publicKey: key });
  await stage.sites.admit(name, key, { ...proof, ...forged, transcript });
}

const codeIn = (text: string) => /consilium1-\S+/.exec(text)?.[0] ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-cli-'));
  home = join(folder, 'lead');
  await consilium('init');
  const { lead, consortium, unlock } = await openLeadHome(home);
  parts = {};
  const identity: Identity = await unlock('pass phrase');
  expect(identity.publicKey).toBe(lead);
  stage = await openStage({ lead: identity, consortium, realTime: true, runs: fakeRuns([], parts) });
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

describe('the lead, by hand', () => {
  it('has a key that only the passphrase opens, and cannot make it twice', async () => {
    expect((await stat(join(home, 'lead.key'))).mode & 0o777).toBe(0o600);
    const opened = await openLeadHome(home);
    expect(await code(opened.unlock('another'))).toBe('CSM-KEY-PASSPHRASE');
    expect(await code(consilium('init'))).toBe('CSM-LEAD-EXISTS');
  });

  it('adopts the coordinator of the fingerprint alone', async () => {
    expect(await code(consilium('sites'))).toBe('CSM-CLI-NOT-ADOPTED');
    const other = fingerprint(createIdentity().publicKey);
    expect(await code(consilium('adopt', stage.url, '--fingerprint', other))).toBe('CSM-LEAD-FINGERPRINT');
    expect(stage.sites.roster().coordinator).toBeNull();
    const own = fingerprint(stage.coordinator.publicKey);
    await consilium('adopt', `${stage.url}/`, '--fingerprint', own.toLowerCase().replaceAll('-', ' '));
    await consilium('adopt', stage.url, '--fingerprint', own);
    expect(stage.sites.roster().coordinator?.body).toMatchObject({
      publicKey: stage.coordinator.publicKey,
      revision: 1,
    });
  });

  it('invites, approves and revokes a hospital', async () => {
    const key = createIdentity().publicKey;
    await enrol(codeIn(await consilium('invite', site)), key);
    expect(await consilium('sites')).toMatch(new RegExp(`hospital-a +pending +no +${fingerprint(key)}`));
    expect(await code(consilium('approve', site, '--fingerprint', 'AAAA-BBBB-CCCC-DDDD'))).toBe('CSM-LEAD-FINGERPRINT');
    await consilium('approve', site, '--fingerprint', fingerprint(key));
    expect(stage.sites.standing(site, key)).toBe('approved');
    expect(await code(consilium('approve', site, '--fingerprint', fingerprint(key)))).toBe('CSM-SITE-NOT-PENDING');
    await consilium('revoke', site);
    expect(stage.sites.standing(site, key)).toBe('revoked');
    expect(await code(consilium('revoke', site))).toBe('CSM-SITE-NO-KEY');
  });

  it('does not approve a key that the coordinator slipped in', async () => {
    const thief = createIdentity().publicKey;
    await enrol(codeIn(await consilium('invite', 'hospital-b')), thief, { leadProof: 'A'.repeat(43) });
    expect(await code(consilium('approve', 'hospital-b', '--fingerprint', fingerprint(thief)))).toBe('CSM-LEAD-PROOF');
  });

  it('keeps a code from being shown when it goes to a file, and overwrites none', async () => {
    const file = join(folder, 'code.txt');
    expect(codeIn(await consilium('invite', 'hospital-c', '--expires', '2d', '--out', file))).toBe('');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(parseEnrolmentCode(await readFile(file, 'utf8')).site).toBe('hospital-c');
    expect(await code(consilium('invite', 'hospital-c', '--out', file))).toBe('CSM-CLI-EXISTS');
  });

  it('launches a signed contract, and finds the run by the beginning of its id', async () => {
    await writeFile(join(folder, 'run.yaml'), runYaml);
    expect(await code(consilium('launch', join(folder, 'run.yaml')))).toBe('CSM-RUNFILE-MISSING');
    await writeFile(join(folder, 'panel.txt'), 'G1\nG2\n');
    await consilium('launch', join(folder, 'run.yaml'), '--step', '--not-after', '3d');
    const [launched] = stage.runs.launched;
    expect(launched).toMatchObject({ stepwise: true, signed: { contract: { runFile: { name: 'two-classes' } } } });
    const run = launched?.signed.contract.run ?? '';
    expect(await consilium('status')).toContain(run.slice(0, 12));
    expect(await consilium('status', run.slice(0, 5))).toContain('two-classes');
    expect(JSON.parse(await consilium('status', 'latest', '--json')).run).toBe(run);
    expect(await code(consilium('status', 'ffffffffffffffff'))).toBe('CSM-CLI-RUN');
    await consilium('next', 'latest');
    expect(stage.runs.commands).toEqual([{ run, command: 'next' }]);
  });

  it('sends the weights that a run starts from, and signs what it sent', async () => {
    const text = runYaml.replace('classes: [a, b]', 'classes: [a, b], weights: { file: old.safetensors }');
    await writeFile(join(folder, 'again.yaml'), text);
    const layout = [{ name: 'head/bias', shape: [2] }];
    const old = encodeWeights({ layout, metadata: {}, values: Float32Array.of(1, 2) });
    await writeFile(join(folder, 'old.safetensors'), old);
    const printed = await consilium('launch', join(folder, 'again.yaml'));
    expect(printed).toMatch(/^Weights +1 tensor is taken from old\.safetensors: head\/bias\.$/m);
    const sent = encodeWeights({ layout, metadata: { format: 'consilium-weights-1' }, values: Float32Array.of(1, 2) });
    expect(stage.runs.launched.at(-1)?.signed.contract.weights).toEqual({ sha256: sha256(old), parts: [sha256(sent)] });
  });

  it('sends the export of an earlier run that is judged beside, and signs what it sent', async () => {
    const text = `${runYaml}validation: { previous: before }\n`;
    const launch = async () => {
      await writeFile(join(folder, 'beside.yaml'), text);
      return code(consilium('launch', join(folder, 'beside.yaml')));
    };
    expect(await launch()).toBe('CSM-RUNFILE-PREVIOUS');
    const earlier = stage.runs.launched[0]!.signed;
    const model = encodeWeights({ layout: [{ name: 'x', shape: [1] }], metadata: {}, values: Float32Array.of(1) });
    const exportOf = async (signed: unknown, altered = false) => {
      const files = {
        'contract.json': canonicalBytes(signed),
        'preparation.json': canonicalBytes({}),
        'model.safetensors': model,
      };
      await mkdir(join(folder, 'before'), { recursive: true });
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'before', name), bytes);
      const sums = new Map(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]));
      await writeFile(join(folder, 'before', sumsFile), writeSums(sums));
      if (altered) await writeFile(join(folder, 'before', 'model.safetensors'), 'other');
    };
    await exportOf(earlier, true);
    expect(await launch()).toBe('CSM-RUNFILE-PREVIOUS');
    const { contract } = earlier;
    const other = { ...contract.runFile, model: { ...contract.runFile.model, classes: ['b', 'a'] } };
    await exportOf({ ...earlier, contract: { ...contract, runFile: other } });
    expect(await launch()).toBe('CSM-RUNFILE-PREVIOUS');
    await exportOf({ contract });
    expect(await launch()).toBe('CSM-RUNFILE-PREVIOUS');
    await exportOf(earlier);
    expect(await launch()).toBe('done');
    const file = encodePrevious({ contract, preparation: canonicalBytes({}), model, frozen: null });
    expect(stage.runs.launched.at(-1)?.signed.contract.previous).toEqual({
      model: sha256(model),
      parts: [sha256(file)],
    });
  });

  it('adds users of the page by one-time links, lists and removes them', async () => {
    const link = /^http:\/\/127\.0\.0\.1:\d+\/#setup=[\w-]{43}&name=Dr\.%20Ada\n/;
    expect(await consilium('users', 'list')).toContain('consilium users add');
    expect(await consilium('users', 'add', 'Dr. Ada', '--role', 'site', '--site', site)).toMatch(link);
    expect(await consilium('users', 'list')).toMatch(/Dr\. Ada +site +hospital-a +\d{4}-\d\d-\d\d +no password yet/);
    expect(await consilium('users', 'password', 'Dr. Ada')).toMatch(link);
    expect(await code(consilium('users', 'add', 'Dr. Ada'))).toBe('CSM-API-USER-EXISTS');
    expect(await code(consilium('users', 'add', 'Ben', '--role', 'site'))).toBe('CSM-CLI-ARGUMENT');
    expect(await code(consilium('users', 'add', 'Ben', '--role', 'king'))).toBe('CSM-CLI-ARGUMENT');
    expect(await code(consilium('users', 'add', 'Ben', '--site', site))).toBe('CSM-CLI-ARGUMENT');
    await consilium('users', 'remove', 'Dr. Ada');
    expect(await code(consilium('users', 'remove', 'Dr. Ada'))).toBe('CSM-API-USER-UNKNOWN');
    expect(JSON.parse(await consilium('users', 'list', '--json'))).toEqual([]);
  });
});

describe('watching', () => {
  it.each([
    ['complete', 0],
    ['degraded', 3],
    ['failed', 1],
  ] as const)('a run that ends %s leaves exit code %i', async (outcome, exitCode) => {
    const run = stage.runs.launched[0]?.signed.contract.run;
    if (run === undefined) throw new Error('no run');
    stage.runs.show(exampleView({ run, round: 9, journalLength: 0 }));
    const watching = consilium('watch', run);
    setImmediate(() => stage.runs.show(exampleView({ run, phase: 'closed', outcome, journalLength: 0 })));
    const text = await watching;
    expect(process.exitCode).toBe(exitCode);
    process.exitCode = 0;
    expect(text).toContain(`${outcome}: step`);
  });
});

describe('an export', () => {
  const weights = randomBytes(3 * 2 ** 20 + 5);
  const preparation = encodePreparation({
    ...{ format: 'consilium-preparation-1', features: ['g1', 'g2'], classCounts: [4, 4], samples: 8, scale: null },
  });
  let run: string;
  let terms: Contract;
  let out: string;
  let journal: string[];
  let count = 0;

  const seal = (model: string, key: Identity = stage.coordinator, contract = sha256(canonicalBytes(terms))) => {
    const records = [
      {
        type: 'offered',
        body: { contract, contractBlob: contract, sites: ['hospital-a'], stepwise: false },
      },
      { type: 'step-done', body: { step: 'prepare:cohort:1', output: { preparation: sha256(preparation) } } },
      { type: 'step-done', body: { step: 'train:0:1', output: { model } } },
    ];
    let head: JournalHead | null = null;
    return records.map(({ type, body }) => {
      const draft = { chain: run, time: '2026-01-12T08:30:00.000Z', type, body };
      const record: ReturnType<typeof sealRecord> = sealRecord(head, draft, (domain, bytes) =>
        sign(key, domain, bytes),
      );
      head = record;
      return { line: Buffer.from(journalLine(record)).toString(), hash: record.hash };
    });
  };

  beforeEach(() => {
    const signed = stage.runs.launched[0]?.signed;
    if (signed === undefined) throw new Error('no run');
    terms = signed.contract;
    run = terms.run;
    out = join(folder, `export-${count++}`);
    const sealed = seal(sha256(weights));
    journal = sealed.map(({ line }) => line);
    parts.contract = canonicalBytes(signed);
    parts.preparation = preparation;
    parts.journal = async function* () {
      yield* journal;
    };
    parts.model = {
      hash: sha256(weights),
      bytes: weights.length,
      read: async (offset, length) => weights.subarray(offset, offset + length),
    };
    stage.runs.show(
      exampleView({
        run: signed.contract.run,
        contract: sha256(canonicalBytes(signed.contract)),
        phase: 'closed',
        outcome: 'complete',
        model: sha256(weights),
        preparation: sha256(preparation),
        ...(sealed[2] === undefined ? {} : { journalHead: sealed[2].hash }),
      }),
    );
  });

  it('is whole, and says what it is', async () => {
    expect(await consilium('export', run, '--out', out)).toContain(sha256(weights));
    expect((await readdir(out)).sort()).toEqual([
      'README.md',
      'SHA256SUMS',
      'contract.json',
      'export.json',
      'journal.jsonl',
      'model.safetensors',
      'preparation.json',
      'report.html',
      'report.json',
      'tables',
    ]);
    expect((await readFile(join(out, 'model.safetensors'))).equals(weights)).toBe(true);
    const card = await readFile(join(out, 'README.md'), 'utf8');
    expect(card).toContain(`model        ${sha256(weights)}`);
    expect(card).toContain('2 features, all named in `preparation.json`: g1, g2.');
    const sums = readSums(await readFile(join(out, 'SHA256SUMS'), 'utf8'));
    expect(sums?.get('model.safetensors')).toBe(sha256(weights));
    expect(sums?.get('README.md')).toBe(sha256(Buffer.from(card)));
    expect(await consilium('journal', 'verify', join(out, 'journal.jsonl'))).toMatch(/^3 records/);
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-CLI-EXISTS');
  });

  it('is refused when the model is not the one of the journal', async () => {
    const other = randomBytes(1000);
    parts.model = {
      hash: sha256(other),
      bytes: 1000,
      read: async (from, length) => other.subarray(from, from + length),
    };
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-LEAD-EXPORT');
  });

  it('is refused when the journal was altered, cut, or sealed by another key', async () => {
    const [offered = '', first = '', second = ''] = journal;
    journal = [offered, first, second.replace('train:0:1', 'train:0:2')];
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-JOURNAL-ALTERED');
    await rm(out, { recursive: true });
    journal = [offered, first];
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-LEAD-EXPORT');
    await rm(out, { recursive: true });
    journal = seal(sha256(weights), createIdentity()).map(({ line }) => line);
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-JOURNAL-SIGNATURE');
  });

  it('is refused when the run began with another contract than the one that it shows', async () => {
    const sealed = seal(sha256(weights), stage.coordinator, sha256(Buffer.from('another')));
    journal = sealed.map(({ line }) => line);
    stage.runs.show({ ...(await stage.runs.view(run)), journalHead: sealed.at(-1)!.hash });
    await expect(consilium('export', run, '--out', out)).rejects.toThrow('the journal names other contracts');
  });

  it('is refused when the contract is not this lead’s', async () => {
    const signed = stage.runs.launched[0]?.signed;
    if (signed === undefined) throw new Error('no run');
    const changed = { ...signed, contract: { ...signed.contract, notAfter: '2036-01-01T00:00:00.000Z' } };
    parts.contract = canonicalBytes(changed);
    expect(await code(consilium('export', run, '--out', out))).toBe('CSM-LEAD-EXPORT');
  });
});
