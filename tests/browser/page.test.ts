import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sight } from '../../coordinator/src/api/role.js';
import { openStage, type Stage, stagePassword } from '../../coordinator/src/api/testing/stage.js';
import { siteId } from '../../shared/src/ids.js';
import { barriers, complaintsOf, go, keep, narrow, noBrowser, openBrowser, soon, wide } from './browser.js';
import { keeper, playedRuns } from './theatre.js';

const sections = ['now', 'curves', 'results', 'participation', 'models', 'journal', 'file', 'reports'] as const;

describe.skipIf(noBrowser !== '')(`the page in a browser${noBrowser}`, () => {
  const runs = playedRuns();
  let stage: Stage;
  let browser: Browser;
  const open: BrowserContext[] = [];

  beforeAll(async () => {
    stage = await openStage({ runs, realTime: true, coordinator: keeper });
    for (const [name, sight] of [
      ['Lea Lead', { role: 'lead' }],
      ['Sam Site', { role: 'site', site: siteId.parse('hospital-a') }],
      ['Vic Viewer', { role: 'viewer' }],
    ] as const satisfies readonly (readonly [string, Sight])[]) {
      await stage.signedIn(name, sight);
    }
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const context of open.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  /** A page with somebody signed in by the form, and everything that its browser complained of. */
  async function signedIn(
    name: string,
    { viewport = wide, dark = false }: { readonly viewport?: typeof wide; readonly dark?: boolean } = {},
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const context = await browser.newContext({ viewport, colorScheme: dark ? 'dark' : 'light', locale: 'de-DE' });
    open.push(context);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(stage.url);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(stagePassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    return { page, complaints };
  }

  it('a wrong password is refused with a remedy', async () => {
    const context = await browser.newContext({ viewport: wide });
    open.push(context);
    const page = await context.newPage();
    await page.goto(stage.url);
    await page.getByLabel('Name').fill('Lea Lead');
    await page.getByLabel('Password').fill('not this one');
    await keep(page, 'sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('CSM-API-SIGN-IN').waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it.each([
    ['wide, light', wide, false],
    ['wide, dark', wide, true],
    ['narrow, light', narrow, false],
    ['narrow, dark', narrow, true],
  ] as const)('every view stands without a complaint or a barrier: %s', async (look, viewport, dark) => {
    const { page, complaints } = await signedIn('Lea Lead', { viewport, dark });
    const name = look.replace(', ', '-');
    await page.getByRole('link', { name: 'many-hospitals' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await keep(page, `runs-${name}`);
    await go(page, '#/sites');
    await page.getByRole('heading', { name: 'Sites' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    for (const [run, parts] of [
      [runs.running, ['now', 'curves', 'participation', 'models', 'journal', 'file']],
      [runs.ended, ['results', 'reports']],
    ] as const) {
      for (const part of parts) {
        await go(page, `#/run/${run.run}/${part}`);
        await page.locator('#panel .card').first().waitFor();
        if (['curves', 'participation'].includes(part)) await page.locator('canvas').first().waitFor();
        await keep(page, `${part}-${name}`);
        expect(await barriers(page), part).toEqual([]);
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(overflow, `${part} is wider than the screen`).toBeLessThanOrEqual(0);
      }
    }
    expect(complaints).toEqual([]);
  });

  it('a dropped site is shown with its cause and remedy', async () => {
    const { page } = await signedIn('Lea Lead');
    await go(page, `#/run/${runs.running.run}`);
    const line = page.getByRole('listitem').filter({ hasText: 'hospital-d' }).first();
    await expect.poll(() => line.textContent(), soon).toContain('CSM-RUN-SITE-IDLE');
    expect(await line.textContent()).toContain('away');
  });

  it('stands when the line goes down, in every view', async () => {
    const { page } = await signedIn('Lea Lead');
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.message));
    await go(page, `#/run/${runs.ended.run}`);
    await page.getByRole('heading', { name: runs.ended.name }).waitFor();
    await page.route('**/*', (route) => route.abort());
    for (const part of sections) {
      await go(page, `#/run/${runs.ended.run}/${part}`);
      await page.locator(`#panel[aria-labelledby="tab-${part}"]`).waitFor();
      expect(await page.getByRole('heading', { name: runs.ended.name }).isVisible(), part).toBe(true);
    }
    expect(broken).toEqual([]);
  });

  it('what changes is shown by itself', async () => {
    const { page } = await signedIn('Lea Lead');
    await go(page, `#/run/${runs.running.run}`);
    await page.getByText('hospital-a', { exact: true }).first().waitFor();
    runs.show({ ...runs.running, phase: 'paused', pausedBy: 'lead' });
    await page.getByText('paused by the lead').waitFor();
    runs.show(runs.running);
    await expect.poll(() => page.getByText('paused by the lead').count(), soon).toBe(0);
  });

  it('a run that lacks sites says whom it waits for, since when, and what comes then', async () => {
    const { page } = await signedIn('Lea Lead');
    const { participation } = runs.running;
    const [error = null] = participation.open?.unmet ?? [];
    await go(page, `#/run/${runs.running.run}`);
    runs.show({ ...runs.running, phase: 'paused', pausedBy: 'participation', error });
    const told = page.getByText(/The run waits for hospital-d \(missing since train:0:8, .+\)\. It goes on by itself/);
    await told.waitFor(soon);
    await keep(page, 'paused');
    runs.show(runs.running);
    await expect.poll(() => told.count(), soon).toBe(0);
  });

  it('a site user sees the own site alone, a viewer none', async () => {
    const site = (await signedIn('Sam Site')).page;
    await go(site, `#/run/${runs.running.run}`);
    await site.getByText('hospital-a', { exact: true }).first().waitFor();
    expect(await site.locator('main').textContent()).not.toContain('hospital-b');
    await site.getByText('Time left').waitFor();
    await go(site, `#/run/${runs.running.run}/participation`);
    await site.getByRole('img', { name: 'Participation of 1 site in 9 rounds' }).waitFor();
    await site.getByRole('button', { name: 'Show as a table' }).first().click();
    await keep(site, 'participation-of-a-site');
    expect(await site.getByRole('region', { name: 'Sites by round' }).getByRole('row').last().textContent()).toBe(
      '9114',
    );
    expect(await site.locator('main').textContent()).not.toContain('hospital-b');
    const viewer = (await signedIn('Vic Viewer')).page;
    await go(viewer, `#/run/${runs.running.run}`);
    await viewer.getByText('shown to the lead and to the site itself').waitFor();
    expect(await viewer.locator('main').textContent()).not.toContain('hospital-a');
    expect(await viewer.getByRole('tab').allTextContents()).not.toContain('Journal');
    await viewer.getByText('Time left').waitFor();
    for (const part of ['participation', 'models', 'curves']) {
      await go(viewer, `#/run/${runs.running.run}/${part}`);
      await viewer.locator('#panel .card').first().waitFor();
      await keep(viewer, `${part}-of-a-viewer`);
      expect(await viewer.locator('main').textContent(), part).not.toContain('hospital-a');
    }
  });

  it('the tabs answer to the arrow keys', async () => {
    const { page } = await signedIn('Lea Lead');
    await go(page, `#/run/${runs.running.run}`);
    await page.getByRole('tab', { name: 'Now' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.evaluate('location.hash'), soon).toMatch(/\/curves$/);
    await expect.poll(() => page.getByRole('tab', { name: 'Curves' }).getAttribute('aria-selected'), soon).toBe('true');
    await page.keyboard.press('End');
    await expect.poll(() => page.evaluate('location.hash'), soon).toMatch(new RegExp(`/${sections.at(-1)}$`));
  });

  it('a site’s report opens as a page of its own', async () => {
    const { page } = await signedIn('Lea Lead');
    await go(page, `#/run/${runs.ended.run}/reports`);
    const [report] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Open' }).first().click(),
    ]);
    await report.waitForLoadState();
    expect(await report.locator('body').textContent()).toContain('Class by class');
    await keep(report, 'report');
  });

  it('a run of fifty sites and a thousand rounds stands, and is fetched in parts', async () => {
    const { page, complaints } = await signedIn('Lea Lead');
    let bytes = 0;
    const asked: string[] = [];
    page.on('response', async (response) => {
      if (!response.url().includes('/api/runs/')) return;
      asked.push(new URL(response.url()).pathname.split('/').slice(4).join('/'));
      bytes += (await response.body().catch(() => Buffer.of())).length;
    });
    await go(page, `#/run/${runs.large.run}`);
    await page.getByText('hospital-50', { exact: true }).waitFor();
    await go(page, `#/run/${runs.large.run}/curves`);
    await page.locator('canvas').nth(1).waitFor();
    await keep(page, 'large-curves');
    await go(page, `#/run/${runs.large.run}/participation`);
    await page.getByRole('img', { name: 'Participation of 50 sites in 200 rounds' }).waitFor();
    await keep(page, 'large-participation');
    await page.getByRole('button', { name: 'Show earlier rounds' }).click();
    await page.getByRole('img', { name: 'Participation of 50 sites in 400 rounds' }).waitFor();
    expect(asked.filter((path) => path === '' || path === 'journal')).toEqual([]);
    expect(bytes).toBeLessThan(20_000_000);
    expect(complaints).toEqual([]);
  });
});
