import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readRunFile } from '@consilium/shared/contract';
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

interface RehearseOptions {
  readonly site: readonly string[];
  readonly data?: string;
  readonly by?: string;
  readonly out?: string;
  readonly backend: string;
  readonly synthetic?: boolean;
  readonly json?: boolean;
}

const exitCodes = { complete: 0, degraded: 3, failed: 1 } as const;

export const rehearseCommand = (context: CommandContext): Command =>
  new Command('rehearse')
    .description('play a run on this machine: a real coordinator, real agents, each a process of its own')
    .argument('<run-file>', 'YAML file, as for `launch`')
    .option('--site <name=dir>', 'a hospital and the folder of its data; once for each', collect, [])
    .option('--data <dir>', 'one pooled data set, to be split into sites')
    .option('--by <column>', 'the column that names the site of each row of --data')
    .option('--out <dir>', 'keep everything here (default: reports and export in a new folder here)')
    .option('--backend <name>', 'auto, native, wasm or cpu', 'auto')
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
      const { name } = readRunFile(await readText(runFile), basename(runFile));
      const out = await freshFolder(options.out ?? `consilium-rehearsal-${name}-${stampOf(context.now())}`);
      const summary = await rehearse({
        runFile: resolve(runFile),
        sites: (processes) =>
          data !== undefined && by !== undefined
            ? castByColumn(processes, { runFile: resolve(runFile), directory: resolve(data), column: by })
            : Promise.resolve(castByFolder(options.site)),
        out,
        keep: options.out !== undefined,
        backend: options.backend,
        synthetic: options.synthetic ?? false,
        stage: stageOf(context, options),
        signal: context.signal,
      });
      context.print(summaryText(summary));
      if (options.json) context.print(JSON.stringify(summary));
      process.exitCode = exitCodes[summary.status];
    });

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];

const stageOf = (context: CommandContext, { json }: RehearseOptions): Stage =>
  context.interactive && !json ? barStage(process.stderr) : lineStage((line) => void process.stderr.write(`${line}\n`));

const stampOf = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => fail('CSM-RUNFILE-MISSING', { file }, { cause }));

/** @throws CSM-CLI-EXISTS when there is something in it already */
async function freshFolder(path: string): Promise<string> {
  const folder = resolve(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) fail('CSM-CLI-EXISTS', { path });
  return folder;
}
