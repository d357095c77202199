import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import type { CommandContext } from './context.js';

export interface RehearseOptions {
  readonly site: readonly string[];
  readonly data?: string;
  readonly by?: string;
  readonly out?: string;
  readonly backend: string;
  readonly device: string;
  readonly synthetic?: boolean;
  readonly seed?: string;
  readonly compare?: boolean;
  readonly leaveOut?: boolean;
  readonly page?: boolean;
  readonly json?: boolean;
}

const backends = ['auto', 'native', 'webgpu', 'wasm', 'cpu'];
const devices = ['any', 'gpu', 'cpu'];

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
    .option('--seed <number>', 'in place of the seed of the run file')
    .option('--compare', 'then train with all rows in one place, and at each hospital alone, and print all beside it')
    .option(
      '--leave-out',
      'then train without each hospital in turn, and judge each model at the one that it never saw',
    )
    .option('--page', 'print a link to the coordinator’s page, and keep the page open at the end until Ctrl-C')
    .option('--json', 'print one JSON object as the last line')
    .action(async (path: string, options: RehearseOptions) => {
      const { data, by } = options;
      if ((data === undefined) !== (by === undefined) || (data === undefined) === (options.site.length === 0)) {
        fail('CSM-CLI-ARGUMENT', {
          name: '--site or --data',
          problem: 'give --site once for each hospital, or --data with --by',
        });
      }
      if (options.page && (options.compare || options.leaveOut)) {
        fail('CSM-CLI-ARGUMENT', { name: '--page', problem: 'leave it out with --compare or --leave-out' });
      }
      checkChoice('--backend', options.backend, backends);
      checkChoice('--device', options.device, devices);
      // Loaded here: a whole coordinator stands behind it.
      const { rehearseRun } = await import('./rehearse-run.js');
      await rehearseRun(context, path, options);
    });

function checkChoice(name: string, given: string, known: readonly string[]): void {
  if (!known.includes(given)) fail('CSM-CLI-ARGUMENT', { name, problem: `one of ${known.join(', ')}` });
}

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value];
