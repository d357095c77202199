import { dirname, resolve } from 'node:path';
import { siteFiles } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { readYaml } from '@consilium/shared/yaml';
import { stringify } from 'yaml';
import { z } from 'zod';
import { readIfThere, writeWhole } from './files.js';

const data = z.strictObject({
  /** Folder of the tables, absolute or from the folder of site.yaml. */
  directory: z.string().min(1),
  /** This site's own file names, where they differ from those of the run file. */
  files: siteFiles.optional(),
  /** Only rows with this value in this column belong to this site. */
  rows: z.strictObject({ column: z.string().min(1), equals: z.string().min(1) }).optional(),
  /** The patients are invented; every report says so. */
  synthetic: z.boolean().default(false),
});

/** site.yaml: all that a hospital decides for itself. What a run computes is in the lead's contract alone. */
export const siteSettings = z.strictObject({
  data,
  backend: z.enum(['auto', 'native', 'webgpu', 'wasm', 'cpu']).default('auto'),
  /** What it must run on: with `gpu` a run fails where none works, and `any` takes one where one works. */
  device: z.enum(['any', 'gpu', 'cpu']).default('any'),
  /** Threads that native training may use; as many as the machine has when left out. */
  threads: z.int().min(1).max(1024).optional(),
  /** `http://proxy:3128`; goes before HTTPS_PROXY. */
  proxy: z.string().min(1).optional(),
  /** PEM file of private root certificates, absolute or from the folder of site.yaml. */
  ca: z.string().min(1).optional(),
});
export type SiteSettings = z.output<typeof siteSettings>;

/** As `readSettingsIfThere`. @throws CSM-SITECONFIG-MISSING where there are none */
export const readSettings = async (path: string): Promise<SiteSettings> =>
  (await readSettingsIfThere(path)) ?? fail('CSM-SITECONFIG-MISSING', { file: path });

/**
 * Reads a site's settings, null where there are none; folders and files in them come back absolute.
 * @throws CSM-SITECONFIG-INVALID naming line and setting, CSM-AGENT-DISK
 */
export async function readSettingsIfThere(path: string): Promise<SiteSettings | null> {
  const bytes = await readIfThere(path);
  if (bytes === null) return null;
  const settings = parseSettings(Buffer.from(bytes).toString('utf8'), path);
  const absolute = (file: string): string => resolve(dirname(path), file);
  return {
    ...settings,
    data: { ...settings.data, directory: absolute(settings.data.directory) },
    ...(settings.ca !== undefined && { ca: absolute(settings.ca) }),
  };
}

/** Reads the text of a site.yaml. @throws CSM-SITECONFIG-INVALID */
export const parseSettings = (text: string, file: string): SiteSettings =>
  readYaml(text, siteSettings, (line, setting, problem) =>
    fail('CSM-SITECONFIG-INVALID', { file, line, setting, problem }),
  );

/** Writes a first site.yaml, with a word on each setting. @throws CSM-AGENT-DISK */
export async function writeSettings(path: string, settings: z.input<typeof siteSettings>): Promise<void> {
  const head = [
    '# What this hospital decides for itself. docs/hospital.md explains every setting.',
    '# What a run computes is in the contract that the lead signs, never here.',
  ].join('\n');
  await writeWhole(path, `${head}\n${stringify(siteSettings.parse(settings))}`);
}
