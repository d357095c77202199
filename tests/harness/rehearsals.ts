import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subtypes, writeHospitals, writePooled } from './invented-patients.js';
import { openTerminal, type Terminal, type Typed } from './terminal.js';

export const hospitals = ['hospital-a', 'hospital-b'];

/** A run file that trains the small attention model on the hospitals of `openRehearsals`. */
export const runFile = ({ features = 'expression.csv', training = 'rounds: 1', label = 'subtype' } = {}): string => `
name: rehearsed
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: ${label}, files: { features: ${features}, samples: samples.csv } }
training: { ${training}, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
`;

/** The words of a rehearsal; on wasm, where the same training gives the same bits. */
export const rehearse = (file: string, ...words: readonly string[]) => [
  'rehearse',
  file,
  '--backend',
  'wasm',
  ...words,
];
export const sites = (names: readonly string[]) => names.flatMap((name) => ['--site', `${name}=data/${name}`]);

/** What `--json` printed last. */
export const summaryOf = ({ out }: Typed) => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');

/** A folder with `run.yaml`, two hospitals of their own and three in one pool, and a terminal in it. */
export interface Rehearsals {
  readonly folder: string;
  readonly terminal: Terminal;
  at(...names: readonly string[]): string;
  /** Command lines of all processes that were started from this terminal, by whomever; Linux only. */
  living(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openRehearsals(): Promise<Rehearsals> {
  const mark = `consilium-rehearsal-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'consilium-rehearse-'));
  const terminal = openTerminal(folder, { CONSILIUM_TEST_MARK: mark });
  const at = (...names: readonly string[]) => join(folder, ...names);
  await writeHospitals(new Map(hospitals.map((name) => [name, at('data', name)])));
  await writePooled(at('data', 'pooled'), [...hospitals, 'hospital-c']);
  await writeFile(at('run.yaml'), runFile());
  return {
    folder,
    terminal,
    at,
    living: () => processesMarked(mark),
    async close() {
      await terminal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Processes with this mark in their environment. */
async function processesMarked(mark: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const own = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.includes(mark)) continue;
    own.push((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
  }
  return own;
}
