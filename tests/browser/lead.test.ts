import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage, stagePassword } from '../../coordinator/src/api/testing/stage.js';
import { encodeContract, openContract } from '../../shared/src/contract/index.js';
import {
  createIdentity,
  fingerprint,
  type Identity,
  parseEnrolmentCode,
  proveEnrolment,
  sealSecret,
  verify,
} from '../../shared/src/crypto/index.js';
import { siteId } from '../../shared/src/ids.js';
import { barriers, complaintsOf, go, keep, narrow, noBrowser, openBrowser, soon, wide } from './browser.js';
import { playedRuns } from './theatre.js';

const passphrase = 'a passphrase of the lead';
const name = 'Lea Lead';
const runYaml = `
name: by-page
model: { family: attention-aml, preset: small, classes: [a, b] }
data: { kind: expression-table, label: subtype, features: { file: panel.txt }, files: { features: x.csv, samples: s.csv } }
training: { rounds: 2, optimizer: { name: adam, rate: 1.0e-3 } }
`;

describe.skipIf(noBrowser !== '')(`the lead in a browser${noBrowser}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let stage: Stage;
  let page: Page;
  let complaints: readonly string[];
  let runs: ReturnType<typeof playedRuns>;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    runs = playedRuns();
    stage = await openStage({
      runs,
      realTime: true,
      checkModel: async () => ['Averaging these would lose accuracy.'],
    });
    await stage.signedIn(name, { role: 'lead' });
    context = await browser.newContext({ viewport: wide, locale: 'de-DE' });
    page = await context.newPage();
    complaints = complaintsOf(page);
    await page.goto(stage.url);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(stagePassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
  });
  afterEach(async () => {
    await context.close();
    await stage.close();
  });
  afterAll(() => browser?.close());

  const dialog = (): Locator => page.getByRole('dialog');

  /** Chooses a key file and writes its passphrase. */
  async function withKey(identity: Identity = stage.lead, secret = passphrase): Promise<void> {
    const sealed = await sealSecret(identity.secretKey, passphrase, { cost: 2 ** 10 });
    const file = { name: 'lead.key', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(sealed)) };
    await dialog().locator('input[name=key]').setInputFiles(file);
    await dialog().getByLabel('Passphrase').fill(secret);
  }

  const submit = (label: string): Promise<void> => dialog().getByRole('button', { name: label }).click();
  const closed = (): Promise<void> => dialog().waitFor({ state: 'detached' });

  async function pause(key: () => Promise<void>): Promise<void> {
    await go(page, `#/run/${runs.running.run}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await dialog().getByLabel('Type').fill(`pause ${runs.running.name}`);
    await key();
    await submit('Pause the run');
  }

  it('does nothing before the words are typed, and signs with the lead’s key alone', async () => {
    await go(page, `#/run/${runs.running.run}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await dialog().getByLabel('Type').fill('pause');
    await withKey();
    expect(await dialog().getByRole('button', { name: 'Pause the run' }).isDisabled()).toBe(true);
    expect(await barriers(page)).toEqual([]);
    await keep(page, 'deed');
    await page.keyboard.press('Escape');
    await closed();
    expect(runs.commands).toEqual([]);

    await pause(() => withKey(stage.lead, 'another passphrase'));
    await dialog().getByText('CSM-KEY-PASSPHRASE').waitFor();
    await withKey(createIdentity());
    await submit('Pause the run');
    await dialog().getByText('CSM-LEAD-OTHER').waitFor();
    expect(runs.commands).toEqual([]);

    await withKey();
    await submit('Pause the run');
    await closed();
    expect(runs.commands).toEqual([{ run: runs.running.run, command: 'pause' }]);
    expect(complaints).toEqual([]);
  });

  it('keeps the key open for what follows, until it is closed', async () => {
    await pause(() => withKey());
    await closed();
    await pause(async () => {
      expect(await dialog().getByLabel('Passphrase').count()).toBe(0);
    });
    await closed();
    await page.getByRole('button', { name: 'Close the key' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await dialog().getByLabel('Passphrase').count()).toBe(1);
  });

  it('invites, approves by fingerprint, and revokes', async () => {
    const hospital = createIdentity();
    const site = siteId.parse('hospital-x');
    await go(page, '#/sites');
    await page.getByRole('button', { name: 'Invite a site' }).click();
    await dialog().getByLabel('Name of the site').fill(site);
    await dialog().getByLabel('Type').fill(`invite ${site}`);
    await withKey();
    await submit('Invite a site');
    const shown = await dialog().getByLabel('One-time code').inputValue();
    await keep(page, 'invited');
    await submit('Close');
    const code = parseEnrolmentCode(shown.split(' ').at(-1)!);
    expect(code).toMatchObject({ site, lead: stage.lead.publicKey, address: `${stage.url}/` });

    const transcript = new Uint8Array(32);
    const claim = { consortium: stage.consortium, site, publicKey: hospital.publicKey, transcript };
    await stage.sites.admit(site, hospital.publicKey, { ...proveEnrolment(code.secret, claim), transcript });
    await page.getByRole('button', { name: 'Approve hospital-x' }).click();
    await dialog().getByLabel('Type').fill(`approve ${site}`);
    await dialog().getByLabel('Fingerprint').fill(fingerprint(createIdentity().publicKey));
    await submit('Approve the site');
    await dialog().getByText('CSM-LEAD-FINGERPRINT').waitFor();
    expect(stage.sites.standing(site, hospital.publicKey)).toBe('pending');
    await dialog().getByLabel('Fingerprint').fill(fingerprint(hospital.publicKey).toLowerCase());
    await submit('Approve the site');
    await closed();
    expect(stage.sites.standing(site, hospital.publicKey)).toBe('approved');

    await page.getByText('approved', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Revoke hospital-x' }).click();
    await dialog().getByLabel('Type').fill(`revoke ${site}`);
    await submit('Revoke the key');
    await closed();
    expect(stage.sites.standing(site, hospital.publicKey)).toBe('revoked');
    expect(complaints).toEqual([]);
  });

  it('launches what the run file says, once it can be read and is complete', async () => {
    await page.getByRole('link', { name: 'Launch a run' }).click();
    const editor = page.getByLabel('Text of the run file');
    await editor.fill('name: by-page\nmodle: {}\n');
    await page.getByText('CSM-RUNFILE-INVALID').waitFor();
    expect(await page.getByRole('button', { name: 'Sign and launch' }).count()).toBe(0);
    await editor.fill(runYaml);
    await page.getByText('names panel.txt').waitFor();
    const panel = { name: 'panel.txt', mimeType: 'text/plain', buffer: Buffer.from('GENE1\nGENE2\n') };
    await page.locator('main input[type=file]').setInputFiles(panel);
    await page.getByText('Averaging these would lose accuracy.').waitFor();
    expect(await barriers(page)).toEqual([]);
    await keep(page, 'launch');
    await page.getByRole('button', { name: 'Sign and launch' }).click();
    await dialog().getByLabel('Type').fill('launch by-page');
    await withKey();
    await submit('Sign and launch');
    await closed();
    expect(runs.launched).toHaveLength(1);
    const { signed, stepwise } = runs.launched[0]!;
    const { consortium, lead } = stage;
    const trust = { lead: lead.publicKey, consortium, now: new Date(), verify };
    const contract = openContract(encodeContract(signed), trust);
    expect(contract.runFile).toMatchObject({ name: 'by-page', training: { rounds: 2 } });
    expect(contract.files['panel.txt']?.text).toBe('GENE1\nGENE2\n');
    expect(stepwise).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('begins with the file of an earlier run', async () => {
    await go(page, '#/launch');
    await page.getByLabel('Begin with').selectOption(runs.running.run);
    await expect.poll(() => page.getByLabel('Text of the run file').inputValue(), soon).toContain('name: demo');
  });

  it('adds a user, gives a new link, and removes the user', async () => {
    await page.setViewportSize(narrow);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'Add a user' }).click();
    await dialog().getByLabel('Name').fill('Vic Viewer');
    await dialog().getByLabel('Type').fill('add Vic Viewer');
    await withKey();
    await submit('Add a user');
    expect(await dialog().getByLabel('One-time link').inputValue()).toMatch(/#setup=[\w-]{43}&name=Vic/);
    await submit('Close');
    await page.getByRole('button', { name: 'New link Vic Viewer' }).click();
    await dialog().getByLabel('Type').fill('reset Vic Viewer');
    await submit('Give a new link');
    await submit('Close');
    expect(await barriers(page)).toEqual([]);
    await keep(page, 'users-narrow');
    await page.getByRole('button', { name: 'Remove Vic Viewer' }).click();
    await dialog().getByLabel('Type').fill('remove Vic Viewer');
    await submit('Remove the user');
    await closed();
    await expect.poll(() => page.getByText('Vic Viewer').count(), soon).toBe(0);
    expect(complaints).toEqual([]);
  });
});
