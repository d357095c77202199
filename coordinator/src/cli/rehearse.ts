import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { namedFiles, readRunFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import {
  barStage,
  castByColumn,
  castByFolder,
  lineStage,
  rehearse,
  type Stage,
  summaryText,
} from '../rehearsal/index.js';
import type { CommandContext } from './context.js';
import { fileFault, reasonOf } from './files.js';

interface RehearseOptions {
  readonly site: readonly string[];
  readonly data?: string;
  readonly by?: string;
  readonly out?: string;
  readonly backend: string;
  readonly device: string;
  readonly synthetic?: boolean;
  readonly json?: boolean;
}

const backends = ['auto', 'native', 'webgpu', 'wasm', 'cpu'];
const devices = ['any', 'gpu', 'cpu'];
const exitCodes = { complete: 0, degraded: 3, failed: 1 } as const;

export const rehearseCommand = (context: CommandContext): Command =>
  new Command('rehearse')
    .description('play a run on this machine: a real coordinator, real agents, each a process of its own')
    .argument('<run-file>', 'YAML file, as for `launch`')
    .option('--site <name=dir>', 'a hospital and the folder of its data; once for each', collect, [])
    .option('--data <dir>', 'one pooled data set, to be split into sites')
    .option('--by <column>', 'the column that names the site of each row of --data')
    .option('--out <dir>', 'keep everything here (default: reports and export in a new folder here)')
    .option('--backend <name>', 'auto, native, webgpu, wasm or cpu', 'auto')
    .option('--device <kind>', 'what it must run on: any, gpu or cpu', 'any')
    .option('--synthetic', 'the patients are invented; every report says so')
    .option('--json', 'print one JSON object as the last line')
    .action(async (runFile: string, options: RehearseOptions) => {
      const { data, by } = options;
      if ((data === undefined) !== (by === undefined) || (data === undefined) === (options.site.length === 0)) {
        fail('CSM-CLI-ARGUMENT', {
          name: '--site or --data',
          problem: 'give --site once for each hospital, or --data with --by',
        });
      }
      checkChoice('--backend', options.backend, backends);
      checkChoice('--device', options.device, devices);
      const terms = readRunFile(await readText(runFile), basename(runFile));
      for (const file of namedFiles(terms)) await readText(join(dirname(runFile), file));
      const out = await freeFolder(options.out ?? `consilium-rehearsal-${terms.name}-${stampOf(context.now())}`);
      const summary = await rehearse({
        runFile: resolve(runFile),
        sites: (processes) =>
          data !== undefined && by !== undefined
            ? castByColumn(processes, { runFile: resolve(runFile), directory: resolve(data), column: by })
            : castByFolder(options.site),
        out,
        keep: options.out !== undefined,
        backend: options.backend,
        device: options.device,
        synthetic: options.synthetic ?? false,
        stage: stageOf(context, options),
        signal: context.signal,
      });
      context.print(summaryText(summary));
      if (options.json) context.print(JSON.stringify(summary));
      process.exitCode = exitCodes[summary.status];
    });

function checkChoice(name: string, given: string, known: readonly string[]): void {
  if (!known.includes(given)) fail('CSM-CLI-ARGUMENT', { name, problem: `one of ${known.join(', ')}` });
}

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];

const stageOf = (context: CommandContext, { json }: RehearseOptions): Stage =>
  context.interactive && !json ? barStage(process.stderr) : lineStage((line) => void process.stderr.write(`${line}\n`));

const stampOf = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => fail('CSM-RUNFILE-MISSING', { file }, { cause }));

/** A folder that is empty or not there yet; it is made when the rehearsal starts. @throws CSM-CLI-EXISTS, CSM-CLI-FILE */
async function freeFolder(path: string): Promise<string> {
  const folder = resolve(path);
  const found = await readdir(folder).catch((thrown: unknown) =>
    reasonOf(thrown) === 'ENOENT' ? [] : fileFault(path)(thrown),
  );
  return found.length === 0 ? folder : fail('CSM-CLI-EXISTS', { path });
}
