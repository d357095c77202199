import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { complaintsOf, go, keep, noBrowser, openBrowser, soon, wide } from '../browser/browser.js';
import { subtypes, writeHospitals } from '../harness/invented-patients.js';
import { openTerminal, type Running, type Terminal } from '../harness/terminal.js';
import { createCleanUp } from '../transport/kit.js';

const fingerprint = /\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b/;
const passphrase = ['--passphrase-file', 'passphrase'];
const hospitals = ['north', 'south', 'west'] as const;
const rounds = 2;
const more = 3;
const runFile = `
name: by-page
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv, samples: samples.csv } }
training: { rounds: ${rounds}, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
participation: { quorum: 2, idleLimit: 60s }
seed: 11
`;
/** A run of processes on a busy machine. */
const patience = { timeout: 400_000 };

describe.skipIf(noBrowser !== '')(`a lead at the page, with agents of three hospitals${noBrowser}`, () => {
  const cleanUp = createCleanUp();
  afterAll(cleanUp.run);

  const machines = new Map<string, Terminal>();
  const agents = new Map<string, Running>();
  let browser: Browser;
  let page: Page;
  let complaints: readonly string[];
  let coordinator: Running;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'consilium-by-page-'));
    cleanUp.later(() => rm(folder, { recursive: true, force: true }));
    for (const name of ['lead', 'server', ...hospitals]) {
      const own = join(folder, name);
      await mkdir(own);
      await writeFile(join(own, 'passphrase'), `the passphrase of ${name}\n`);
      const terminal = openTerminal(own);
      cleanUp.later(() => terminal.close());
      machines.set(name, terminal);
    }
    await writeHospitals(new Map(hospitals.map((name) => [name, join(at(name).folder, 'data')])));
    browser = await openBrowser();
    cleanUp.later(() => browser.close());
    page = await (await browser.newContext({ viewport: wide, locale: 'de-DE' })).newPage();
    complaints = complaintsOf(page);
  });
  beforeEach(() => {
    onTestFailed(async () => {
      for (const terminal of machines.values()) console.error(`${terminal.folder}\n${terminal.transcript()}`);
      console.error(await page.locator('main').textContent());
    });
  });

  const at = (name: string): Terminal => machines.get(name) ?? expect.fail(name);
  const dialog = (): Locator => page.getByRole('dialog');

  /** Does what the open dialog is about: types its words, and the first time chooses the key. */
  async function deed(words: string, button: string): Promise<void> {
    await dialog().getByLabel('Type').fill(words);
    if ((await dialog().getByLabel('Passphrase').count()) > 0) {
      await dialog()
        .locator('input[name=key]')
        .setInputFiles(join(at('lead').folder, '.consilium', 'lead.key'));
      await dialog().getByLabel('Passphrase').fill('the passphrase of lead');
    }
    await dialog().getByRole('button', { name: button }).click();
  }

  const closed = (): Promise<void> => dialog().waitFor({ state: 'detached' });

  it('the lead makes a key and adopts the coordinator at a terminal, and opens its page', async () => {
    const lead =
      /--lead ([A-Za-z0-9_-]{43})/.exec(await at('lead').done('consilium', 'init', ...passphrase))?.[1] ?? '';
    coordinator = at('server').start(
      'consilium',
      ...['coordinator', 'start', '--home', 'coordinator', '--lead', lead, '--port', '0', ...passphrase],
    );
    const [, address = ''] = await coordinator.said(/^Coordinator\s+(http:\S+)$/m);
    const [, own = ''] = await coordinator.said(/^Fingerprint\s+(\S+)$/m);
    const [, link = ''] = await coordinator.said(/^First page user \(once\)\s+(\S+)$/m);
    await at('lead').done('consilium', 'adopt', address, '--fingerprint', own, ...passphrase);
    await page.goto(link);
    await page.getByLabel('Name').fill('the lead');
    await page.getByLabel(/^Password/).fill('a password of twelve');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('No runs yet.').waitFor();
  });

  it.each(hospitals)('%s is invited by the page, enrols, and is approved by its fingerprint', async (name) => {
    await go(page, '#/sites');
    await page.getByRole('button', { name: 'Invite a site' }).click();
    await dialog().getByLabel('Name of the site').fill(name);
    await deed(`invite ${name}`, 'Invite a site');
    const [, , code = ''] = (await dialog().getByLabel('One-time code').inputValue()).split(' ');
    await dialog().getByRole('button', { name: 'Close' }).click();

    const words = ['enrol', code, '--data', 'data', '--backend', 'wasm', '--synthetic', ...passphrase];
    const [shown] = fingerprint.exec(await at(name).done('consilium-site', ...words)) ?? [''];
    await page.getByRole('button', { name: `Approve ${name}` }).click();
    await dialog().getByLabel('Fingerprint').fill(shown);
    await deed(`approve ${name}`, 'Approve the site');
    await closed();
    agents.set(name, at(name).start('consilium-site', 'start', ...passphrase));
    await agents.get(name)?.said(/approved by the lead/);
  });

  it('the lead launches a run by the page, extends it, and watches it', async () => {
    await go(page, '#/launch');
    await page.getByLabel('Text of the run file').fill(runFile);
    await page.getByText('The models know all').waitFor(patience);
    await page.getByRole('button', { name: 'Sign and launch' }).click();
    await dialog().getByLabel('Wait for the lead').check();
    await deed('launch by-page', 'Sign and launch');
    await closed();
    await page.getByText('waits for the lead’s “next”').waitFor(patience);
    await page.getByRole('button', { name: 'Extend' }).click();
    await dialog().getByLabel('Rounds of the last stage').fill(String(more));
    await deed('extend by-page', 'Extend the run');
    await closed();
    for (let round = 1; round <= more; round++) {
      await page.getByRole('button', { name: 'Next round' }).click(patience);
      await deed('next by-page', 'Begin the next round');
      await closed();
      if (round < more) await page.getByText(`${round} of ${more}`).waitFor(patience);
      if (round === 1) await keep(page, 'live-round');
      if (round === 2) agents.get('west')?.signal('SIGKILL');
    }
  });

  it('a hospital that fell away is shown with the cause, and the run ends and says so', async () => {
    await page.getByText('degraded', { exact: true }).first().waitFor(patience);
    const line = page.getByRole('listitem').filter({ hasText: 'west' }).first();
    await expect.poll(() => line.textContent(), soon).toMatch(/CSM-RUN-SITE-(IDLE|AWAY|LEFT)/);
    await keep(page, 'live-ended');
  });

  it('every hospital that was there has a report, which opens', async () => {
    await page.getByRole('tab', { name: 'Reports' }).click();
    const links = page.getByRole('link', { name: 'Open' });
    const [report] = await Promise.all([page.context().waitForEvent('page'), links.first().click()]);
    await report.waitForLoadState();
    expect(await report.locator('body').textContent()).toContain('Class by class');
    await report.close();
    expect(complaints).toEqual([]);
  });

  it('all end when they are asked to', async () => {
    for (const running of [agents.get('north'), agents.get('south'), coordinator]) {
      running?.signal('SIGTERM');
      expect((await running?.ended)?.status).toBe(0);
    }
  });
});
