import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { type SiteId, siteId } from '@consilium/shared/ids';
import { z } from 'zod';
import type { Processes } from './processes.js';

/** A hospital of the rehearsal: its name, and where its rows lie. */
export interface RehearsalSite {
  readonly site: SiteId;
  readonly directory: string;
  /** Only the rows with this value in this column, where one folder serves several sites. */
  readonly row: { readonly column: string; readonly value: string } | null;
}

/** Sites given one by one: `hospital-a=DIR`. @throws CSM-REHEARSE-SITE */
export async function castByFolder(named: readonly string[]): Promise<readonly RehearsalSite[]> {
  const sites = named.map((text) => {
    const [, name = '', directory = ''] = /^([^=]*)=(.+)$/.exec(text) ?? [];
    const parsed = siteId.safeParse(name);
    if (!parsed.success)
      return fail('CSM-REHEARSE-SITE', {
        text,
        problem: 'NAME=DIR with a name of lower case letters, digits and hyphens',
      });
    return { site: parsed.data, directory: resolve(directory), row: null };
  });
  for (const { directory } of sites) await demandFolder(directory);
  return distinct(sites);
}

/** One pooled data set, split into sites by the values of a column. @throws CSM-REHEARSE-SITE, CSM-REHEARSE-PROCESS */
export async function castByColumn(
  processes: Processes,
  { runFile, directory, column }: { readonly runFile: string; readonly directory: string; readonly column: string },
): Promise<readonly RehearsalSite[]> {
  await demandFolder(directory);
  const said = await processes.output(
    'groups',
    ['consilium-site', 'groups', runFile, '--data', directory, '--by', column],
    {},
  );
  const values = z.array(z.string()).parse(JSON.parse(said));
  const sites = values.map((value) => ({
    site: nameFor(value),
    directory: resolve(directory),
    row: { column, value },
  }));
  return distinct(sites);
}

async function demandFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) fail('CSM-REHEARSE-SITE', { text: path, problem: 'there is no such folder' });
}

/** A value of the data as a site's name. */
function nameFor(value: string): SiteId {
  const name = value
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  const parsed = siteId.safeParse(name);
  return parsed.success
    ? parsed.data
    : fail('CSM-REHEARSE-SITE', { text: 'a value of the column', problem: 'it makes no name for a site' });
}

function distinct(sites: readonly RehearsalSite[]): readonly RehearsalSite[] {
  if (sites.length === 0) fail('CSM-REHEARSE-SITE', { text: 'no site', problem: 'a rehearsal needs at least one' });
  const names = new Set(sites.map(({ site }) => site));
  if (names.size < sites.length) fail('CSM-REHEARSE-SITE', { text: 'two sites', problem: 'they have the same name' });
  return sites.toSorted((a, b) => (a.site < b.site ? -1 : 1));
}
