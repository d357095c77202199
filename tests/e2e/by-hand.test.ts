import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { subtypes, writeHospitals } from '../harness/invented-patients.js';
import { openTerminal, type Program, type Running, type Terminal } from '../harness/terminal.js';
import { createCleanUp, startProxy } from '../transport/kit.js';
import { createTestCertificate } from '../transport/test-certificate.js';

const fingerprint = /\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b/;
const passphrase = ['--passphrase-file', 'passphrase'];
const runFile = `
name: by-hand
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv, samples: samples.csv } }
training: { rounds: 2, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
seed: 11
`;

/** As docs/lead.md, docs/operator.md and docs/hospital.md say: each person at a machine of their own. */
describe('by hand, over HTTPS with a private authority', () => {
  const cleanUp = createCleanUp();
  afterAll(cleanUp.run);

  let folder = '';
  let lead: Terminal;
  let server: Terminal;
  let north: Terminal;
  let south: Terminal;
  let outside: Terminal;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let coordinator: Running;
  let address = '';
  let first = '';
  const agents = new Map<string, Running>();

  async function machine(name: string): Promise<Terminal> {
    const own = join(folder, name);
    await mkdir(own);
    await writeFile(join(own, 'passphrase'), `the passphrase of ${name}\n`);
    const terminal = openTerminal(own);
    cleanUp.later(() => terminal.close());
    return terminal;
  }

  /** A command that has to be refused, with one clear line; gives it. */
  async function refused(terminal: Terminal, program: Program, ...words: readonly string[]): Promise<string> {
    const { status, err } = await terminal.type(program, ...words);
    expect(status).toBe(1);
    expect(err).toMatch(/^CSM-[A-Z-]+: /);
    expect(err).not.toMatch(/^\s+at /m);
    return err;
  }

  const asLead = (...words: readonly string[]) => lead.done('consilium', ...words, ...passphrase);
  const found = (text: string, pattern: RegExp): string => {
    const match = pattern.exec(text);
    return match?.[1] ?? match?.[0] ?? expect.fail(`no ${pattern} in ${text}`);
  };

  async function enrol(site: string, at: Terminal, code: string, ...more: readonly string[]): Promise<string> {
    const words = ['enrol', code, '--data', 'data', '--backend', 'wasm', '--synthetic', '--ca', 'authority.pem'];
    const said = await at.done('consilium-site', ...words, ...more, ...passphrase);
    expect(said).toContain(`Site ${site} is enrolled at ${address}.`);
    return found(said, fingerprint);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-by-hand-'));
    cleanUp.later(() => rm(folder, { recursive: true, force: true }));
    [lead, server, north, south, outside] = [
      await machine('lead'),
      await machine('server'),
      await machine('north'),
      await machine('south'),
      await machine('outside'),
    ];
    proxy = await startProxy(cleanUp);
    const { ca, cert, key } = createTestCertificate();
    for (const { folder: own } of [lead, north, south]) await writeFile(join(own, 'authority.pem'), ca);
    await writeFile(join(server.folder, 'fullchain.pem'), cert);
    await writeFile(join(server.folder, 'privkey.pem'), key);
    await writeFile(join(lead.folder, 'run.yaml'), runFile);
    const places = new Map(Object.entries({ north, south, outside }));
    await writeHospitals(new Map([...places].map(([name, { folder: own }]) => [name, join(own, 'data')])));
    for (const { folder: own } of [north, south]) {
      await copyFile(join(lead.folder, 'run.yaml'), join(own, 'run.yaml'));
    }
  });

  beforeEach(() => {
    onTestFailed(() => {
      for (const { folder: own, transcript } of [lead, server, north, south, outside]) {
        console.error(`${own}\n${transcript()}`);
      }
    });
  });

  it('the lead makes a key, the operator a coordinator, and the lead adopts it', async () => {
    const leadKey = found(await asLead('init'), /--lead ([A-Za-z0-9_-]{43})/);
    coordinator = server.start(
      'consilium',
      ...['coordinator', 'start', '--home', 'coordinator', '--lead', leadKey, '--port', '0'],
      ...['--cert', 'fullchain.pem', '--key', 'privkey.pem', ...passphrase],
    );
    address = (await coordinator.said(/^Coordinator\s+(https:\S+)$/m))[1] ?? '';
    const [, shown = ''] = await coordinator.said(/^Fingerprint\s+(\S+)$/m);

    const adopt = ['adopt', address, ...passphrase, '--fingerprint'];
    expect(await refused(lead, 'consilium', ...adopt, shown)).toContain('CSM-CLI-');
    const other = await refused(lead, 'consilium', ...adopt, 'AAAA-AAAA-AAAA-AAAA', '--ca', 'authority.pem');
    expect(other).toContain('CSM-LEAD-FINGERPRINT');
    expect(await asLead('adopt', address, '--fingerprint', shown, '--ca', 'authority.pem')).toContain('Adopted');
  });

  it('hospitals enrol with a code, and are let in by fingerprint alone', async () => {
    const code = found(await asLead('invite', 'north'), /^consilium1-\S+$/m);
    const shown = await enrol('north', north, code);
    await asLead('invite', 'south', '--out', 'code-south');
    const codeSouth = (await readFile(join(lead.folder, 'code-south'), 'utf8')).trim();
    const shownSouth = await enrol('south', south, codeSouth, '--proxy', proxy.url);
    expect(proxy.asked).toEqual([new URL(address).host]);

    const taken = ['enrol', code, '--data', 'data', '--ca', join(north.folder, 'authority.pem'), ...passphrase];
    expect(await refused(outside, 'consilium-site', ...taken)).toContain('CSM-INVITE-USED');
    await rm(join(outside.folder, '.consilium-site'), { recursive: true, force: true });

    const swapped = ['approve', 'north', '--fingerprint', shownSouth, ...passphrase];
    expect(await refused(lead, 'consilium', ...swapped)).toContain('CSM-LEAD-FINGERPRINT');
    expect(await asLead('approve', 'north', '--fingerprint', shown)).toContain('Approved north.');
    await asLead('approve', 'south', '--fingerprint', shownSouth);
    expect(await asLead('sites')).toMatch(/north\s+approved/);
  });

  it('hospitals see that all is in order and start their agents', async () => {
    const said = await south.done('consilium-site', 'doctor', 'run.yaml', ...passphrase);
    expect(said).toMatch(/^ok\s+Data\s+60 rows read, 60 used/m);
    expect(said).toMatch(/^ok\s+Backend\s+wasm/m);
    expect(said).toContain(`${address} answers through the proxy ${new URL(proxy.url).host} in`);
    expect(said).toMatch(/^ok\s+Network\s.* ms; certificate of \S.* until \d{4}-/m);
    expect(said).toMatch(/^ok\s+Clock\s+within 2 s/m);
    expect(said).toMatch(/^ok\s+Key\s+site south is approved by the lead$/m);
    expect(said).not.toMatch(/^fault/m);
    for (const [name, terminal] of Object.entries({ north, south })) {
      agents.set(name, terminal.start('consilium-site', 'start', ...passphrase));
    }
    for (const agent of agents.values()) await agent.said(/approved by the lead/);
    expect(proxy.asked).toHaveLength(4);

    const beside = JSON.parse(await north.done('consilium-site', 'doctor', '--json', ...passphrase));
    expect(beside.findings).toContainEqual(
      expect.objectContaining({ what: 'Key', state: 'ok', text: expect.stringContaining('the agent runs here') }),
    );
  });

  it('the lead launches a run and watches it to its end; every hospital has its own report', async () => {
    const launched = await asLead('launch', 'run.yaml');
    const run = found(launched, /^Run\s+([0-9a-f]{32})$/m);
    first = run;
    expect(launched).toMatch(/^Sites\s+north, south$/m);
    const watched = await asLead('watch', run.slice(0, 12));
    expect(watched).toMatch(/^round 1: accuracy /m);
    expect(watched).toMatch(/^complete: /m);

    const view = JSON.parse(await asLead('status', run.slice(0, 12), '--json'));
    expect(view).toMatchObject({ run, phase: 'closed', outcome: 'complete', error: null, rounds: 2 });
    for (const { folder: own } of [north, south]) {
      const reports = join(own, '.consilium-site', 'reports', run);
      expect((await readdir(reports)).sort()).toEqual([
        expect.stringMatching(/\.html$/),
        expect.stringMatching(/\.json$/),
      ]);
    }
  });

  it('with --step each round waits for the lead, and extended half-way it ends with the model of a run that was so long', async () => {
    await writeFile(join(lead.folder, 'long.yaml'), runFile.replace('rounds: 2', 'rounds: 3'));
    const long = found(await asLead('launch', 'long.yaml'), /^Run\s+([0-9a-f]{32})$/m);
    await asLead('watch', long);
    const run = found(await asLead('launch', 'run.yaml', '--step'), /^Run\s+([0-9a-f]{32})$/m);
    const view = async (of: string) => JSON.parse(await asLead('status', of, '--json'));
    const watching = lead.start('consilium', 'watch', run, ...passphrase);
    for (const last of ['initial', 'validate:1']) {
      await watching.said(new RegExp(`^paused \\(waits for consilium next\\): .*\\(${last}\\)`, 'm'));
      expect(await view(run)).toMatchObject({ phase: 'paused', pausedBy: 'stepwise', step: last });
      if (last === 'validate:1') {
        expect(await refused(lead, 'consilium', 'extend', run, ...passphrase)).toContain('CSM-EXTEND-NOTHING');
        const said = await asLead('extend', run, '--rounds', '3', '--not-after', '60d');
        expect(said).toMatch(/^Rounds\s+2 → 3$/m);
        expect((await view(run)).contract).toBe(found(said, /^Contract\s+([0-9a-f]{64})$/m));
      }
      await asLead('next', run);
    }
    await watching.said(/^paused \(waits for consilium next\): .*\(validate:2\)/m);
    await asLead('next', run);
    expect((await watching.ended).status).toBe(0);
    const ended = await view(run);
    expect(ended).toMatchObject({ outcome: 'complete', round: 3, rounds: 3 });
    expect(ended.model).toBe((await view(long)).model);
    const late = await refused(lead, 'consilium', 'extend', run, '--rounds', '4', ...passphrase);
    expect(late).toContain('CSM-EXTEND-LATE');
  });

  it('the lead takes the run away, and its journal verifies', async () => {
    const said = await asLead('export', 'latest', '--out', 'taken');
    expect(said).toMatch(/^Reports\s+north, south$/m);
    const taken = join(lead.folder, 'taken');
    expect((await readdir(taken)).sort()).toEqual([
      ...[
        'README.md',
        'SHA256SUMS',
        'contract.json',
        'export.json',
        'journal.jsonl',
        'layers',
        'model.safetensors',
        'preparation.json',
        'report.html',
        'report.json',
        'reports',
        'tables',
      ],
    ]);
    expect((await readdir(join(taken, 'reports'))).sort()).toEqual([
      ...['north.html', 'north.json', 'south.html', 'south.json'],
    ]);
    const classes = (await readFile(join(taken, 'tables', 'classes.csv'), 'utf8')).split('\r\n');
    expect(classes[0]).toMatch(/^site,predictions,class,support,/);
    expect(new Set(classes.slice(1, -1).map((line) => line.split(',')[0]))).toEqual(
      new Set(['north', 'south', 'all sites']),
    );
    const journal = join('taken', 'journal.jsonl');
    expect(await lead.done('consilium', 'journal', 'verify', journal)).toMatch(/^\d+ records, in order and signed/);

    const text = await readFile(join(lead.folder, journal), 'utf8');
    await writeFile(join(lead.folder, 'altered.jsonl'), text.replace('"sequence":3', '"sequence":4'));
    expect(await refused(lead, 'consilium', 'journal', 'verify', 'altered.jsonl')).toContain('CSM-JOURNAL-');
  });

  it('anybody verifies the run, with the updates of its last rounds', async () => {
    expect(await asLead('export', 'latest', '--out', 'whole', '--updates')).toMatch(
      /^The updates in it tell of patients/m,
    );
    const said = await lead.done('consilium', 'verify', 'whole');
    expect(said).toMatch(/^Signed +\d+ contributions, 2 reports, /m);
    expect(said).toMatch(/^Recomputed +2 of 3 rounds, bit for bit: train:0:2, train:0:3$/m);
    expect(said).not.toMatch(/^Not checked/m);
    expect(said).toMatch(/All that can be checked holds\.$/m);
    const plain = JSON.parse(await lead.done('consilium', 'verify', 'taken', '--json'));
    expect(plain).toMatchObject({ holds: true, outcome: 'complete', unchecked: [], findings: [] });

    const report = join(lead.folder, 'whole', 'reports', 'north.json');
    await writeFile(report, (await readFile(report, 'utf8')).replace('"site":"north"', '"site":"nortH"'));
    const altered = await lead.type('consilium', 'verify', 'whole');
    expect(altered).toMatchObject({ status: 1, out: expect.stringContaining('reports/north.json') });
    expect(await lead.type('consilium', 'verify', 'nowhere')).toMatchObject({ status: 2 });
  });

  it('keys of a hospital and of the coordinator change in the middle of a run, and it ends as if they had not', async () => {
    const run = found(await asLead('launch', 'run.yaml', '--step'), /^Run\s+([0-9a-f]{32})$/m);
    const watching = lead.start('consilium', 'watch', run, ...passphrase);
    await watching.said(/^paused \(waits for consilium next\): .*\(initial\)/m);

    const shown = found(await north.done('consilium-site', 'rekey', ...passphrase), fingerprint);
    expect(await north.done('consilium-site', 'rekey', ...passphrase)).toContain(shown);
    await agents.get('north')?.said(/a new key waits for the lead/);
    const wrong = ['approve', 'north', '--fingerprint', 'AAAA-AAAA-AAAA-AAAA', ...passphrase];
    expect(await refused(lead, 'consilium', ...wrong)).toContain('CSM-LEAD-FINGERPRINT');
    await asLead('approve', 'north', '--fingerprint', shown);
    await agents.get('north')?.said(/the lead has certified the new key/);

    const rekey = ['coordinator', 'rekey', '--home', 'coordinator', ...passphrase];
    const next = found(await server.done('consilium', ...rekey), fingerprint);
    const adopted = await asLead('adopt', address, '--fingerprint', next, '--ca', 'authority.pem');
    expect(adopted).toContain('Its former key counts no more');

    await asLead('next', run);
    await watching.said(/^paused \(waits for consilium next\): .*\(validate:1\)/m);
    await asLead('next', run);
    expect((await watching.ended).status).toBe(0);
    const view = async (of: string) => JSON.parse(await asLead('status', of, '--json'));
    expect(await view(run)).toMatchObject({ outcome: 'complete', model: (await view(first)).model });
    await asLead('export', 'latest', '--out', 'rekeyed', '--updates');
    const said = await lead.done('consilium', 'verify', 'rekeyed');
    expect(said).toMatch(/^Recomputed +2 of 2 rounds, bit for bit/m);
    expect(said).toMatch(/All that can be checked holds\.$/m);
    await lead.done('consilium', 'journal', 'verify', join('rekeyed', 'journal.jsonl'));
    // What was closed before the change is signed by the former key throughout.
    await asLead('export', first, '--out', 'closed-before');
    expect(await lead.done('consilium', 'verify', 'closed-before')).toMatch(/All that can be checked holds\.$/m);
    await lead.done('consilium', 'journal', 'verify', join('closed-before', 'journal.jsonl'));
  });

  it('a hospital that took no part judges the exported model on its own patients, and asks it about them', async () => {
    const taken = join(lead.folder, 'taken');
    const words = ['evaluate', taken, '--data', 'data', '--backend', 'wasm', '--out', 'evaluation'];
    const said = await outside.done('consilium-site', ...words);
    expect(said).toMatch(/60 samples, backend wasm/);
    expect(said).toMatch(/^accuracy \d\.\d{3}/m);
    expect((await readdir(join(outside.folder, 'evaluation'))).sort()).toEqual(['local-all.html', 'local-all.json']);
    expect(await readdir(outside.folder)).not.toContain('.consilium-site');

    const asking = ['predict', taken, '--data', 'data', '--backend', 'wasm', '--out', 'told.csv', '--explain', 'why'];
    expect(await outside.done('consilium-site', ...asking)).toMatch(/60 samples, backend wasm/);
    const told = (await readFile(join(outside.folder, 'told.csv'), 'utf8')).trimEnd().split('\n');
    expect(told[0]).toBe(['sample', ...subtypes].join(','));
    expect(told).toHaveLength(61);
    expect(await readdir(join(outside.folder, 'why'))).toContain('markers.csv');

    await appendFile(join(taken, 'model.safetensors'), 'x');
    expect(await refused(outside, 'consilium-site', ...words)).toContain('CSM-EVALUATE-CHANGED');
  });

  it('a revoked hospital is shown the door at once, and its agent says why', async () => {
    expect(await asLead('revoke', 'south')).toContain('Revoked south.');
    await agents.get('south')?.said(/CSM-SITE-REVOKED/);
    expect(await asLead('sites')).toMatch(/south\s+revoked\s+no/);
    expect(await asLead('sites')).toMatch(/north\s+approved\s+yes/);
  });

  it('agents and coordinator end when they are asked to', async () => {
    for (const agent of [...agents.values(), coordinator]) {
      agent.signal('SIGTERM');
      expect((await agent.ended).status).toBe(0);
    }
  });
});
