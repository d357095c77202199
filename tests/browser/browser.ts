import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const built = existsSync(fileURLToPath(new URL('../../coordinator/dist/dashboard/index.html', import.meta.url)));
const path = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (known) => known !== '' && existsSync(known),
);

/** Why no browser can look at the page; empty where one can. */
export const noBrowser =
  path === undefined ? ' (skipped: no Chromium, CHROMIUM names one)' : built ? '' : ' (skipped before npm run build)';

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: path ?? '', args: ['--no-sandbox'] });

/** Longest wait for what comes by itself; a busy machine takes its time. */
export const soon = { timeout: 90_000 };
export const wide = { width: 1440, height: 900 };
export const narrow = { width: 390, height: 844 };

/** With this set, what the tests see is kept there as images. */
const kept = process.env.CONSILIUM_SCREENSHOTS;

export async function keep(page: Page, name: string): Promise<void> {
  if (kept === undefined) return;
  mkdirSync(kept, { recursive: true });
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(kept, `${name}.png`), fullPage: true });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a check for accessibility finds serious. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' | ')))`);
}

/** Everything that a page's browser complains of, from now on. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => {
    // The first question, who is signed in, is answered with 401.
    if (line.type() === 'error' && !line.text().includes('401')) complaints.push(line.text());
  });
  return complaints;
}

export const go = (page: Page, address: string): Promise<unknown> =>
  page.evaluate(`location.hash = ${JSON.stringify(address)}`);
