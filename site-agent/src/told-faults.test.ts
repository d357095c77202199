import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

describe('of a fault of its tables a site tells', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  async function declineOf(files: Readonly<Record<string, string>>) {
    const { directory } = site.settings.data;
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const coordinator = fakeCoordinator({ signed: site.signed(), site: site.identity.publicKey });
    const agent = await site.start(coordinator);
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    return { declined, all: JSON.stringify(coordinator.statuses) + (await readFile(site.home.ledger, 'utf8')) };
  }

  it('no field of the first row where there is no header', async () => {
    const rows = Array.from({ length: 60 }, (_, row) => `M-1931-${row},A,7.125,${row},7.125,0.${row}`);
    const { declined, all } = await declineOf({ 'table.csv': rows.join('\n') });
    expect(declined.error).toEqual({
      code: 'CSM-DATA-COLUMN-TWICE',
      details: { file: 'table.csv', first: 3, second: 5 },
    });
    expect(all).not.toMatch(/M-1931|7\.125/);
    const last = (await readFile(site.home.ledger, 'utf8')).trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last).body).toMatchObject({ activity: 'declined', error: declined.error?.code });
    expect(JSON.parse(last).body.details).toEqual(declined.error?.details);
  });

  it('no column that the contract does not name, even where it is spelt nearly as one that it does', async () => {
    const text = await readFile(join(site.settings.data.directory, 'table.csv'), 'utf8');
    const { declined, all } = await declineOf({ 'table.csv': text.replace('kind', 'kinds') });
    expect(declined.error).toEqual({ code: 'CSM-DATA-COLUMN', details: { file: 'table.csv', column: 'kind' } });
    expect(all).not.toContain('kinds');
  });

  it('no line and no text where a table is torn', async () => {
    const text = await readFile(join(site.settings.data.directory, 'table.csv'), 'utf8');
    const { declined } = await declineOf({ 'table.csv': `${text}\nM-1931,"A` });
    expect(declined.error).toEqual({ code: 'CSM-DATA-MALFORMED', details: { file: 'table.csv' } });
  });
});
