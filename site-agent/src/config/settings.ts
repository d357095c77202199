import { dirname, resolve } from 'node:path';
import { runFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { type Document, isNode, LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { readIfThere, writeWhole } from './files.js';

const data = z.strictObject({
  /** Folder of the tables, absolute or from the folder of site.yaml. */
  directory: z.string().min(1),
  /** This site's own file names, where they differ from those of the run file. */
  files: runFile.shape.data.shape.files.optional(),
  /** Only rows with this value in this column belong to this site. */
  rows: z.strictObject({ column: z.string().min(1), equals: z.string().min(1) }).optional(),
  /** The patients are invented; every report says so. */
  synthetic: z.boolean().default(false),
});

/** site.yaml: all that a hospital decides for itself. What a run computes is in the lead's contract alone. */
export const siteSettings = z.strictObject({
  data,
  backend: z.enum(['auto', 'native', 'wasm', 'cpu']).default('auto'),
  /** Threads that native training may use; as many as the machine has when left out. */
  threads: z.int().min(1).max(1024).optional(),
  /** `http://proxy:3128`; goes before HTTPS_PROXY. */
  proxy: z.string().min(1).optional(),
  /** PEM file of private root certificates, absolute or from the folder of site.yaml. */
  ca: z.string().min(1).optional(),
});
export type SiteSettings = z.output<typeof siteSettings>;

/**
 * Reads a site's settings; folders and files in them come back absolute.
 * @throws CSM-SITECONFIG-MISSING, CSM-SITECONFIG-INVALID naming line and setting, CSM-AGENT-DISK
 */
export async function readSettings(path: string): Promise<SiteSettings> {
  const bytes = (await readIfThere(path)) ?? fail('CSM-SITECONFIG-MISSING', { file: path });
  const settings = parseSettings(Buffer.from(bytes).toString('utf8'), path);
  const absolute = (file: string): string => resolve(dirname(path), file);
  return {
    ...settings,
    data: { ...settings.data, directory: absolute(settings.data.directory) },
    ...(settings.ca !== undefined && { ca: absolute(settings.ca) }),
  };
}

/** Reads the text of a site.yaml. @throws CSM-SITECONFIG-INVALID */
export function parseSettings(text: string, file: string): SiteSettings {
  const lines = new LineCounter();
  const refuse = (line: number, setting: string, problem: string): never =>
    fail('CSM-SITECONFIG-INVALID', { file, line, setting, problem });
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const fault = document.errors[0];
  if (fault) return refuse(lines.linePos(fault.pos[0]).line, 'the YAML text', fault.message.split('\n', 1)[0] ?? '');
  const parsed = siteSettings.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const stray = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...issue.path, ...stray];
  const problem = stray.length > 0 ? 'unknown setting' : issue.message;
  return refuse(lineOf(document, path, lines), path.map(String).join('.') || 'the whole file', problem);
}

/** Writes a first site.yaml, with a word on each setting. @throws CSM-AGENT-DISK */
export async function writeSettings(path: string, settings: z.input<typeof siteSettings>): Promise<void> {
  const head = [
    '# What this hospital decides for itself. docs/hospital.md explains every setting.',
    '# What a run computes is in the contract that the lead signs, never here.',
  ].join('\n');
  await writeWhole(path, `${head}\n${stringify(siteSettings.parse(settings))}`);
}

/** Line (from 1) of a setting, or of the nearest one above it that the text holds. */
function lineOf(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
