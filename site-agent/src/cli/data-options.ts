import { resolve } from 'node:path';
import { fail } from '@consilium/shared/errors';
import type { Command } from 'commander';
import type { SiteSettings } from '../config/index.js';

/** Where the tables lie, as it may be said on the command line. */
export interface DataOptions {
  readonly data?: string;
  readonly row?: string;
  readonly file?: readonly string[];
  readonly synthetic?: boolean;
}

export const withDataOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'folder of the tables')
    .option('--row <column=value>', 'only rows with this value in this column belong to this site')
    .option('--file <role=name...>', 'own file names: features=…, genes=…, cells=…, samples=…, split=…')
    .option('--synthetic', 'the patients are invented; every report says so');

/** The settings that options stand for; null when they do not say where the data lie. @throws CSM-CLI-ARGUMENT */
export function dataSettings({ data, row, file, synthetic }: DataOptions): SiteSettings['data'] | null {
  if (data === undefined) return null;
  const files = file === undefined ? undefined : filesOf(file);
  return {
    directory: resolve(data),
    synthetic: synthetic === true,
    ...(files && { files }),
    ...(row !== undefined && { rows: rowOf(row) }),
  };
}

function rowOf(text: string): { column: string; equals: string } {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) fail('CSM-CLI-ARGUMENT', { name: '--row', problem: 'it must be COLUMN=VALUE' });
  return { column: text.slice(0, at), equals: text.slice(at + 1) };
}

/** Roles of a single file each. */
const roles = ['genes', 'cells', 'samples', 'split'] as const;

function filesOf(given: readonly string[]): NonNullable<SiteSettings['data']['files']> {
  const named = new Map<string, string[]>();
  for (const text of given) {
    const [role = '', name = ''] = text.split(/=(.*)/s);
    if (!['features', ...roles].includes(role) || name === '') {
      const known = ['features', ...roles].map((known) => `${known}=NAME`).join(', ');
      fail('CSM-CLI-ARGUMENT', { name: '--file', problem: `it must be one of ${known}` });
    }
    named.set(role, [...(named.get(role) ?? []), name]);
  }
  const features = named.get('features');
  const single = roles.flatMap((role) => (named.get(role) ?? []).slice(0, 1).map((name) => [role, name] as const));
  return { ...(features && { features }), ...Object.fromEntries(single) };
}
