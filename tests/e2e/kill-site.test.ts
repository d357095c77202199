import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, verify } from '@consilium/shared/crypto';
import type { PublicKey, SiteId } from '@consilium/shared/ids';
import { readJournal, verifyChain } from '@consilium/shared/journal';
import { signedReport, verifyReport } from '@consilium/shared/report';
import { siteHome } from '@consilium/site-agent/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from '../harness/consortium.js';
import { subtypes, writeHospitals } from '../harness/invented-patients.js';
import { openTerminal, type Terminal, type Typed } from '../harness/terminal.js';

type Members = { readonly sites: readonly { readonly pending: { readonly publicKey: PublicKey } | null }[] };

const site = 'north' as SiteId;
const oneRound = {
  model: { family: 'attention-aml', preset: 'small', classes: subtypes },
  data: {
    kind: 'expression-table',
    label: 'subtype',
    files: { features: 'expression.csv', samples: 'samples.csv' },
  },
  training: { rounds: 1, batchSize: 16, optimizer: { name: 'adam', rate: 3e-3 } },
  participation: { quorum: 1 },
};
/** Files that an enrolment writes, in their order. */
const ofEnrolment = ['site.key', 'enrolment.json', 'certificate.json', 'site.yaml'];
/** And those of evaluations and the report. */
const ofEvaluation = [
  ...['validate-1.draft', 'validate-1.blob', 'validate-1.manifest.json'],
  ...['test.json', 'test.html', 'test.draft', 'test.blob', 'test.manifest.json'],
];

let folder: string;
let consortium: Consortium;
const terminals: Terminal[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-kill-site-'));
  await writeHospitals(new Map([[site, join(folder, 'data')]]));
  consortium = await openConsortium();
});
afterAll(async () => {
  for (const terminal of terminals) await terminal.close();
  await consortium[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A terminal at the site whose `consilium-site` dies at a moment; `never` lives on. */
function mortal(moment: string): Terminal {
  const terminal = openTerminal(folder, {
    NODE_OPTIONS: `--import ${new URL('./mortal-site.mjs', import.meta.url)}`,
    CONSILIUM_PASSPHRASE: 'the passphrase of north',
    CONSILIUM_SITE_HOME: join(folder, 'site'),
    ...(moment !== 'never' && { MORTAL: moment }),
  });
  terminals.push(terminal);
  return terminal;
}

/** The command's end by a signal has no status. */
const wasKilled = ({ status }: Typed): boolean => status === null;

let key: PublicKey;

describe('a site that is killed with -9', () => {
  it('at each file that its enrolment writes enrols with the same code in the end', async () => {
    const code = await consortium.lead.invite(site);
    const words = ['enrol', code, '--data', 'data', '--backend', 'wasm', '--synthetic'];
    for (const moment of ofEnrolment.flatMap((name) => [`${name} before`, `${name} after`])) {
      expect(wasKilled(await mortal(moment).type('consilium-site', ...words)), moment).toBe(true);
    }
    const said = await mortal('never').done('consilium-site', ...words);
    const { sites } = await consortium.lead.call<Members>('GET', '/api/sites');
    expect(sites).toMatchObject([{ site, state: 'pending' }]);
    key = sites[0]!.pending!.publicKey;
    expect(said).toContain(fingerprint(key));
  });

  it('in the middle of an evaluation and at each file of it and of its report contributes once to every step, with a report that verifies', async () => {
    await consortium.lead.approve(site, key);
    const { run } = await consortium.lead.launch(consortium.lead.contract(oneRound));
    const evaluating = mortal('never').start('consilium-site', 'start');
    await evaluating.said(/"activity":"evaluating"/);
    evaluating.signal('SIGKILL');
    expect(wasKilled(await evaluating.ended)).toBe(true);
    for (const moment of [...ofEvaluation.map((name) => `${name} before`), 'test.manifest.json after']) {
      expect(wasKilled(await mortal(moment).type('consilium-site', 'start')), moment).toBe(true);
    }
    const agent = mortal('never').start('consilium-site', 'start');
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    agent.signal('SIGTERM');
    expect(await agent.ended).toMatchObject({ status: 0 });

    expect(view).toMatchObject({ outcome: 'complete', error: null });
    const accepted = (await consortium.journal(run)).filter(({ type }) => type === 'contribution-accepted');
    const steps = accepted.map(({ body }) => body.step);
    expect(steps).toEqual([...new Set(steps)]);
    expect(steps).toEqual(expect.arrayContaining(['train:0:1', 'validate:1', 'test']));
    const reports = join(folder, 'site', 'reports', run);
    expect((await readdir(reports)).filter((name) => !name.endsWith('.part')).sort()).toEqual([
      'test.html',
      'test.json',
    ]);
    const signed = signedReport.parse(JSON.parse(await readFile(join(reports, 'test.json'), 'utf8')));
    expect(verifyReport(signed, key, verify)).toMatchObject({ site, takenPart: [{ rounds: 1, accepted: [[1, 1]] }] });
    const ledger = readJournal([await readFile(siteHome(join(folder, 'site')).ledger)]);
    await verifyChain(ledger, { verify: (domain, bytes, signature) => verify(key, domain, bytes, signature) });
  });
});
