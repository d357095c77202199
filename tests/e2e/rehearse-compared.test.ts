import { access, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { runReport } from '@consilium/shared/report';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { writePooled } from '../harness/invented-patients.js';
import { hospitals, openRehearsals, type Rehearsals, rehearse, runFile, summaryOf } from '../harness/rehearsals.js';
import type { Terminal } from '../harness/terminal.js';

const number = expect.any(Number);

describe('consilium rehearse with hospitals of which not all can train', () => {
  let rehearsals: Rehearsals;
  let terminal: Terminal;
  const at = (...names: readonly string[]) => rehearsals.at(...names);

  beforeAll(async () => {
    rehearsals = await openRehearsals();
    terminal = rehearsals.terminal;
  });
  afterAll(() => rehearsals.close());

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
      'without-label': 'CSM-DATA-COLUMN: samples.csv has no column subtype.',
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
});
