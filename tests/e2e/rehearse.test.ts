import { randomUUID } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runReport } from '@consilium/shared/report';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { subtypes, writeHospitals, writePooled } from '../harness/invented-patients.js';
import { openTerminal, type Terminal, type Typed } from '../harness/terminal.js';

const mark = `consilium-rehearsal-${randomUUID()}`;
const hospitals = ['hospital-a', 'hospital-b'];
const json = /^\{.*\}$/;
const number = expect.any(Number);

const runFile = ({ features = 'expression.csv', training = 'rounds: 1', label = 'subtype' } = {}): string => `
name: rehearsed
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: ${label}, files: { features: ${features}, samples: samples.csv } }
training: { ${training}, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
`;

describe('consilium rehearse', () => {
  let folder = '';
  let terminal: Terminal;
  const at = (...names: readonly string[]) => join(folder, ...names);
  const sites = (names: readonly string[]) => names.flatMap((name) => ['--site', `${name}=data/${name}`]);
  const rehearse = (file: string, ...words: readonly string[]) => ['rehearse', file, '--backend', 'wasm', ...words];

  function summaryOf({ out }: Typed) {
    const last = out.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toMatch(json);
    return JSON.parse(last);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-rehearse-'));
    terminal = openTerminal(folder, { CONSILIUM_TEST_MARK: mark });
    await writeHospitals(new Map(hospitals.map((name) => [name, at('data', name)])));
    await writePooled(at('data', 'pooled'), [...hospitals, 'hospital-c']);
    await writeFile(at('run.yaml'), runFile());
  });
  afterAll(async () => {
    await terminal.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('ends with one JSON object, its reports and its export', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const typed = await terminal.type(
      'consilium',
      ...rehearse('run.yaml', ...sites(hospitals), '--out', 'by-site', '--json'),
    );
    expect(typed.status).toBe(0);
    const summary = summaryOf(typed);
    expect(summary).toMatchObject({
      status: 'complete',
      rounds: 1,
      sites: 2,
      coverage: { sampleShare: { least: 1, mean: 1 } },
      pooled: {
        accuracy: number,
        balancedAccuracy: number,
        macroF1: number,
        mcc: number,
        auc: number,
        ece: number,
      },
      perSite: hospitals.map((site) => ({
        site,
        samples: number,
        testSamples: number,
        accuracy: number,
        backend: 'wasm',
      })),
      modelHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      backend: 'wasm',
      wallSeconds: number,
      error: null,
    });
    const named = ['run-report', ...hospitals.map((site) => `${site}-test`)];
    expect(summary.reports).toEqual(named.map((name) => at('by-site', 'reports', `${name}.html`)));
    for (const report of summary.reports) expect(await readFile(report, 'utf8')).toMatch(/synthetic/i);
    expect((await readdir(at('by-site'))).sort()).toEqual(['backstage', 'export', 'logs', 'reports']);
    await access(at('by-site', 'export', 'model.safetensors'));
    await access(at('by-site', 'reports', 'tables', 'confusion.csv'));
    expect(await living()).toEqual([]);
  });

  it('splits one pooled data set into sites, and without --out keeps no key and no record', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const typed = await terminal.type(
      'consilium',
      ...rehearse('run.yaml', '--data', 'data/pooled', '--by', 'site', '--seed', '8', '--json'),
    );
    expect(typed.status).toBe(0);
    const summary = summaryOf(typed);
    expect(summary.perSite).toMatchObject([
      ...[...hospitals, 'hospital-c'].map((site) => ({ site, samples: 41, testSamples: 12 })),
    ]);
    const made = (await readdir(folder)).filter((name) => name.startsWith('consilium-rehearsal-rehearsed-'));
    expect(made).toHaveLength(1);
    const out = at(made[0] ?? '');
    expect((await readdir(out)).sort()).toEqual(['export', 'logs', 'reports']);
    const contract = await readFile(join(out, 'export', 'contract.json'), 'utf8');
    expect(JSON.parse(contract)).toMatchObject({ contract: { runFile: { seed: 8 } } });
    await rm(out, { recursive: true });
  });

  it('holds the federation against one place and each hospital alone or left out, and tells of one that cannot train', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    await writePooled(at('data', 'pair'), hospitals, 90);
    const file = at('data', 'pair', 'samples.csv');
    const [head = '', ...rows] = (await readFile(file, 'utf8')).split('\n');
    const kept = rows.filter((row) => !row.includes('hospital-b') || row.includes('NPM1'));
    await writeFile(file, [head, ...kept].join('\n'));
    await writeFile(
      at('ruled.yaml'),
      `${runFile()}participation: { required: [hospital-a], quorum: 1 }\nvalidation: { alone: true }\n`,
    );
    const typed = await terminal.type(
      'consilium',
      ...rehearse(
        'ruled.yaml',
        '--data',
        'data/pair',
        '--by',
        'site',
        '--compare',
        '--leave-out',
        '--out',
        'compared',
        '--json',
      ),
    );
    expect(typed.status).toBe(3);
    const summary = summaryOf(typed);
    const done = { status: 'complete', pooled: { accuracy: number, auc: number }, error: null };
    const none = { status: 'failed', testSamples: null, pooled: null, modelHash: null };
    expect(summary.compared).toMatchObject([
      { ...done, trained: 'together', site: null, testSamples: number },
      { ...done, trained: 'alone', site: 'hospital-a', testSamples: 18 },
      { ...none, trained: 'alone', site: 'hospital-b', error: { code: expect.stringMatching(/^CSM-/) } },
      { ...none, trained: 'without', site: 'hospital-a', error: { code: expect.stringMatching(/^CSM-/) } },
      { ...done, trained: 'without', site: 'hospital-b', testSamples: number, pooled: { accuracy: number, auc: null } },
    ]);
    expect(summary.compared[0].testSamples).toBeGreaterThan(18);
    // The other one has nothing to prepare from, so that both are the same training.
    expect(summary.perSite[0].alone).toBeCloseTo(summary.compared[1].pooled.accuracy, 3);
    const report = await readFile(at('compared', 'reports', 'hospital-a-test.html'), 'utf8');
    expect(report).toContain('local-only');
    // The report of the run is of this run, with both sites: the one that had nothing to send is named, with its reason.
    const ofRun = runReport.parse(JSON.parse(await readFile(at('compared', 'export', 'report.json'), 'utf8')));
    expect(ofRun).toMatchObject({
      ...{
        run: summary.run,
        model: summary.modelHash,
        outcome: { status: 'degraded', why: expect.stringContaining('hospital-b') },
      },
      ...{
        journal: { head: summary.journalHead },
        participation: [{ sites: 1, of: 2 }],
        minimumCell: 5,
        synthetic: true,
      },
    });
    expect(ofRun.matrix?.columns).toEqual(['common model', 'local-only']);
    expect(ofRun.matrix?.rows[0]).toMatchObject({ site: 'hospital-a', n: 18 });
    expect(ofRun.sites.map(({ site, report }) => [site, report])).toEqual([
      ['hospital-a', 'released'],
      ['hospital-b', expect.not.stringMatching('released')],
    ]);
    expect(typed.out).toMatch(/^the federation, on all +18 /m);
    expect(typed.out).toMatch(/^each alone, on its own +18 /m);
    expect(typed.out).toMatch(/^hospital-b: CSM-/m);
    expect(typed.out).toMatch(/^all others, on one unseen +\d+ /m);
    expect(typed.out).toMatch(/^Without hospital-a: CSM-/m);
    for (const part of [['together'], ['alone', 'hospital-a']]) await access(at('compared', ...part, 'export'));
  });

  it('goes on without hospitals whose data cannot be used, and says of each why', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const faults = {
      'without-label': 'CSM-DATA-COLUMN: samples.csv has no column subtype (did you mean subtyp?).',
      'without-rows': 'CSM-DATA-EMPTY: expression.csv.gz holds no rows.',
      'without-gzip': 'CSM-DATA-GZIP: expression.csv.gz is not a readable gzip file.',
      'one-class': 'CSM-DATA-ONE-CLASS: All training patients of this site have the same class in column subtype.',
    };
    const names = [...hospitals, ...Object.keys(faults)];
    await writeFile(at('gzip.yaml'), runFile({ features: 'expression.csv.gz' }));
    for (const name of names) {
      await mkdir(at('gzipped', name), { recursive: true });
      await cp(at('data', 'hospital-a', 'samples.csv'), at('gzipped', name, 'samples.csv'));
      const expression = await readFile(at('data', 'hospital-a', 'expression.csv'));
      await writeFile(at('gzipped', name, 'expression.csv.gz'), gzipSync(expression));
    }
    const change = async (name: string, edit: (lines: readonly string[]) => readonly string[]) => {
      const file = at('gzipped', name, 'samples.csv');
      await writeFile(file, edit((await readFile(file, 'utf8')).split('\n')).join('\n'));
    };
    const header = (await readFile(at('data', 'hospital-a', 'expression.csv'), 'utf8')).split('\n', 1)[0] ?? '';
    await change('without-label', ([head = '', ...rows]) => [head.replace('subtype', 'subtyp'), ...rows]);
    await writeFile(at('gzipped', 'without-rows', 'expression.csv.gz'), gzipSync(header));
    await writeFile(at('gzipped', 'without-gzip', 'expression.csv.gz'), 'not compressed');
    await change('one-class', ([head = '', ...rows]) => [head, ...rows.filter((row) => row.includes('NPM1'))]);

    const folders = names.flatMap((name) => ['--site', `${name}=gzipped/${name}`]);
    const typed = await terminal.type('consilium', ...rehearse('gzip.yaml', ...folders, '--out', 'gzip', '--json'));
    expect(typed.status).toBe(3);
    expect(summaryOf(typed)).toMatchObject({ status: 'degraded', sites: 6, pooled: { accuracy: number } });
    for (const [site, said] of Object.entries(faults)) expect(typed.out).toContain(`\n${site}: ${said}\n`);
    expect(`${typed.out}${typed.err}`).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['no run file', ['missing.yaml'], 'CSM-RUNFILE-MISSING'],
    ['a wrong run file', ['wrong.yaml'], 'CSM-RUNFILE-INVALID: wrong.yaml is not valid at line 5, training.rounds'],
    ['a run file that names a file that is not there', ['list.yaml'], 'CSM-RUNFILE-MISSING'],
    ['an unknown backend', ['run.yaml', '--backend', 'cuda'], 'CSM-CLI-ARGUMENT'],
    ['an unknown device', ['run.yaml', '--device', 'tpu'], 'CSM-CLI-ARGUMENT'],
    ['a folder that is in use', ['run.yaml', '--out', 'data'], 'CSM-CLI-EXISTS'],
    ['a folder of data that is not there', ['run.yaml', '--site', 'hospital-z=data/z'], 'CSM-REHEARSE-SITE'],
    ['a name that is none', ['run.yaml', '--site', 'Hospital Z=data/hospital-a'], 'CSM-REHEARSE-SITE'],
    ['two hospitals of one name', ['run.yaml', '--site', 'hospital-a=data/hospital-b'], 'CSM-REHEARSE-SITE'],
    ['a seed that is none', ['run.yaml', '--seed', 'seven'], 'CSM-CLI-ARGUMENT'],
    ['both ways at once', ['run.yaml', '--data', 'data/pooled', '--by', 'site'], 'CSM-CLI-ARGUMENT'],
  ])('refuses %s with one line and a remedy, and leaves nothing behind', async (_, words, said) => {
    await writeFile(at('wrong.yaml'), runFile({ training: 'rounds: two' }));
    await writeFile(at('list.yaml'), runFile().replace('label:', 'features: { file: genes.txt }, label:'));
    const before = await readdir(folder);
    const { status, out, err } = await terminal.type('consilium', 'rehearse', ...words, ...sites(hospitals));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(said);
    expect(err).toMatch(/^CSM-[A-Z-]+: .+\n {2}.+\n$/);
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    [
      'a column to split by that is not there',
      ['--data', 'data/pooled', '--by', 'sit'],
      'samples.csv has no column sit (did you mean site?).',
    ],
    ['a pooled table that is not there', ['--data', 'data', '--by', 'site'], 'CSM-DATA-FILE'],
  ])('refuses %s', async (_, words, said) => {
    const before = await readdir(folder);
    const { status, err } = await terminal.type('consilium', 'rehearse', 'run.yaml', ...words);
    expect(status).toBe(1);
    expect(err).toContain(said);
    expect(err).toMatch(/^CSM-[A-Z-]+: .+\n {2}.+\n$/);
    expect(await readdir(folder)).toEqual(before);
  });

  describe.skipIf(process.platform !== 'linux')('in the middle of a step', () => {
    /** A rehearsal whose agents train, for much longer than this test waits. */
    async function training(out: string) {
      await writeFile(at('long.yaml'), runFile({ training: 'rounds: 1, localEpochs: 500' }));
      const running = terminal.start('consilium', ...rehearse('long.yaml', ...sites(hospitals), '--out', out));
      await running.said(/^train:0:1 /m);
      for (const site of hospitals)
        await until(async () => /training/.test(await readFile(at(out, 'logs', `${site}.log`), 'utf8')));
      // Rehearsal, coordinator, and of each hospital agent and trainer.
      expect((await living()).length).toBeGreaterThanOrEqual(2 + 2 * hospitals.length);
      return running;
    }

    it('Ctrl-C ends everything', async () => {
      onTestFailed(() => console.error(terminal.transcript()));
      const running = await training('interrupted');
      running.signal('SIGINT');
      const { status, out, err } = await running.ended;
      expect(status).toBe(130);
      expect(`${out}${err}`).not.toMatch(/CSM-|^\s+at /m);
      expect(await living()).toEqual([]);
    });

    it('with --page the coordinator can be looked at until Ctrl-C, and the run counts as it ended', async () => {
      onTestFailed(() => console.error(terminal.transcript()));
      const running = terminal.start(
        'consilium',
        ...rehearse('run.yaml', ...sites(hospitals), '--out', 'shown', '--page', '--json'),
      );
      const [, link = ''] = await running.said(/^Page\s+(http:\S+#setup=\S+)$/m);
      await running.said(/^The page stays open/m);
      expect((await fetch(new URL('/healthz', link))).status).toBe(200);
      running.signal('SIGINT');
      const ended = await running.ended;
      expect(ended.status).toBe(0);
      expect(summaryOf(ended)).toMatchObject({ status: 'complete' });
      expect(await living()).toEqual([]);
    });

    it('Ctrl-C ends everything before the run, too', async () => {
      onTestFailed(() => console.error(terminal.transcript()));
      const running = terminal.start('consilium', ...rehearse('run.yaml', ...sites(hospitals), '--out', 'unstarted'));
      await running.said(/^Enrolling/m);
      running.signal('SIGINT');
      expect((await running.ended).status).toBe(130);
      expect(await living()).toEqual([]);
    });

    it('kill -9 of the rehearsal leaves no process after five seconds', async () => {
      onTestFailed(() => console.error(terminal.transcript()));
      const running = await training('killed');
      running.signal('SIGKILL');
      expect((await running.ended).status).toBeNull();
      await until(async () => (await living()).length === 0, 5_000);
    });
  });
});

/** Processes that have this test's mark in their environment. */
async function living(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const own = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.includes(mark)) continue;
    own.push((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
  }
  return own;
}

async function until(holds: () => Promise<boolean>, limitMs = 300_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms; living: ${(await living()).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
