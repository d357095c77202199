import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  hospitals,
  openRehearsals,
  type Rehearsals,
  rehearse,
  runFile,
  sites,
  summaryOf,
} from '../harness/rehearsals.js';
import type { Terminal } from '../harness/terminal.js';

const number = expect.any(Number);

describe('consilium rehearse', () => {
  let rehearsals: Rehearsals;
  let terminal: Terminal;
  const at = (...names: readonly string[]) => rehearsals.at(...names);

  beforeAll(async () => {
    rehearsals = await openRehearsals();
    terminal = rehearsals.terminal;
  });
  afterAll(() => rehearsals.close());

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
    expect(await rehearsals.living()).toEqual([]);
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
    const made = (await readdir(rehearsals.folder)).filter((name) => name.startsWith('consilium-rehearsal-rehearsed-'));
    expect(made).toHaveLength(1);
    const out = at(made[0] ?? '');
    expect((await readdir(out)).sort()).toEqual(['export', 'logs', 'reports']);
    const contract = await readFile(join(out, 'export', 'contract.json'), 'utf8');
    expect(JSON.parse(contract)).toMatchObject({ contract: { runFile: { seed: 8 } } });
    await rm(out, { recursive: true });
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
    const before = await readdir(rehearsals.folder);
    const { status, out, err } = await terminal.type('consilium', 'rehearse', ...words, ...sites(hospitals));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(said);
    expect(err).toMatch(/^CSM-[A-Z-]+: .+\n {2}.+\n$/);
    expect(await readdir(rehearsals.folder)).toEqual(before);
  });

  it.each([
    [
      'a column to split by that is not there',
      ['--data', 'data/pooled', '--by', 'sit'],
      'samples.csv has no column sit (did you mean site?).',
    ],
    ['a pooled table that is not there', ['--data', 'data', '--by', 'site'], 'CSM-DATA-FILE'],
  ])('refuses %s', async (_, words, said) => {
    const before = await readdir(rehearsals.folder);
    const { status, err } = await terminal.type('consilium', 'rehearse', 'run.yaml', ...words);
    expect(status).toBe(1);
    expect(err).toContain(said);
    expect(err).toMatch(/^CSM-[A-Z-]+: .+\n {2}.+\n$/);
    expect(await readdir(rehearsals.folder)).toEqual(before);
  });
});
