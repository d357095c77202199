import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readHardware } from '@consilium/models/hardware';
import { nativeFolder } from '@consilium/models/native-library';
import { CodedError, fail } from '@consilium/shared/errors';
import { table } from '@consilium/shared/terminal';
import { Argument, type Command, Option } from 'commander';
import { climb, rungs, type TrialRequest, tryBackend } from '../backends/index.js';
import { freeBytes, readSettingsIfThere } from '../config/index.js';
import {
  bundles,
  type InstallResult,
  type InstallSurroundings,
  installationIn,
  installNative,
  runProgram,
} from '../native-library/index.js';
import { caseRow, describeDevice, deviceWord, plainLadder, showLadder } from './backend-view.js';
import { type CommandContext, homeOf, interruptedStatus, wayOut } from './context.js';
import { barStage, lineStage } from './download-stage.js';

/** Exit status when no source of the library can be reached: nothing is wrong with this machine. */
const unreachableStatus = 4;

interface InstallOptions {
  readonly gpu?: boolean;
  readonly from?: readonly string[];
  readonly index?: string;
  readonly source?: 'archive' | 'wheel';
  readonly to?: string;
  readonly force?: boolean;
  readonly home?: string;
}

/** What of the machine a test replaces. */
export type MachineParts = Partial<
  Pick<InstallSurroundings, 'platform' | 'arch' | 'bundles' | 'run' | 'free' | 'pause' | 'gpuFault' | 'attempt'>
> & { readonly tryBackend?: typeof tryBackend };

export function addBackend(program: Command, context: CommandContext, machine: MachineParts = {}): void {
  const backend = program.command('backend').description('what trains here: show it, install the fast one, test it');
  backend
    .command('list')
    .description('try every backend, and say which one would train and why not a better one')
    .option('--json', 'one record for scripts')
    .action((options: { readonly json?: boolean }) => list(options, context, machine));
  backend
    .command('install')
    .addArgument(new Argument('<backend>', 'the backend whose library is wanted').choices(['native']))
    .description('put the TensorFlow library on this machine: fetch, check, compile, test')
    .option('--gpu', 'for NVIDIA GPUs, with CUDA 12')
    .option('--from <path...>', 'files, or folders of files, that were brought here by hand; nothing is fetched')
    .option('--index <url>', 'a Python index of your own')
    .addOption(new Option('--source <kind>', 'only from there').choices(['archive', 'wheel']))
    .option('--to <dir>', 'another folder than that of the agent')
    .option('--force', 'install anew what is installed')
    .option('--home <dir>', "the agent's own folder, whose site.yaml names proxy and authority")
    .action((_: string, options: InstallOptions) => install(options, context, machine));
  backend
    .command('test')
    .addArgument(
      new Argument('[backend]', 'the one to test; what auto takes when left out').choices(['auto', ...rungs]),
    )
    .description('run the conformance suite on a backend: every operation and gradient against the reference')
    .addOption(new Option('--device <kind>', 'what it must run on').choices(['any', 'gpu', 'cpu']).default('any'))
    .option('--json', 'one record for scripts')
    .action((choice: TrialRequest['choice'] | undefined, options: TestOptions) =>
      test(choice ?? 'auto', options, context, machine),
    );
}

async function list(
  options: { readonly json?: boolean },
  context: CommandContext,
  machine: MachineParts,
): Promise<void> {
  const ladder = await climb(machine.tryBackend ?? tryBackend, context);
  if (options.json === true) {
    context.print(JSON.stringify({ format: 'consilium-backends-1', ...plainLadder(ladder) }));
    return;
  }
  const folder = nativeFolder(context.env);
  for (const line of showLadder(ladder, installationIn(folder), folder)) context.print(line);
}

async function install(options: InstallOptions, context: CommandContext, machine: MachineParts): Promise<void> {
  const { env, now, signal, print } = context;
  const folder = options.to === undefined ? nativeFolder(env) : resolve(options.to);
  const stage = context.interactive ? barStage(process.stdout) : lineStage(print);
  const attempt = machine.tryBackend ?? tryBackend;
  const began = now().getTime();
  try {
    const result = await installNative(
      {
        folder,
        device: options.gpu === true ? 'gpu' : 'cpu',
        source: options.source,
        from: options.from,
        index: options.index === undefined ? undefined : readIndex(options.index),
        force: options.force === true,
        ...(await wayOut((await readSettingsIfThere(homeOf(context, options.home).settings)) ?? {})),
      },
      {
        platform: process.platform,
        arch: process.arch,
        env,
        bundles,
        run: runProgram,
        free: freeBytes,
        now,
        pause: (ms) => pause(ms, undefined, { signal }),
        gpuFault,
        attempt: (at, device, suite) =>
          attempt(
            { choice: 'native', device: device === 'gpu' ? 'gpu' : 'any', suite },
            { env: { ...env, CONSILIUM_NATIVE: at }, signal },
          ),
        ...machine,
        stage,
        signal,
      },
    );
    for (const line of told(result, folder, now().getTime() - began)) print(line);
  } catch (thrown) {
    if (signal.aborted) {
      print('Stopped. What was fetched is kept: the same command goes on from there.');
      process.exitCode = interruptedStatus;
      return;
    }
    if (thrown instanceof CodedError && thrown.code === 'CSM-NATIVE-UNREACHABLE') process.exitCode = unreachableStatus;
    throw thrown;
  } finally {
    stage.settle();
  }
}

function told({ installation, fresh, tests }: InstallResult, folder: string, ms: number): readonly string[] {
  const what = `TensorFlow ${installation.source.version} for ${deviceWord[installation.device]}`;
  return fresh
    ? [
        `${what} is installed in ${folder} (${(ms / 1000).toFixed(0)} s).`,
        `All ${tests} tests agree with the reference. Agents and commands take it from their next start.`,
      ]
    : [`${what} is installed already, in ${folder}. --force installs it anew.`];
}

function readIndex(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol)
    ? url
    : fail('CSM-CLI-ARGUMENT', { name: '--index', problem: 'it is no http or https address' });
}

async function gpuFault(): Promise<string | null> {
  const { nvidia, nvidiaGpus } = readHardware();
  if (nvidia || (await nvidiaGpus()).length > 0) return null;
  return "NVIDIA's driver shows none on this machine";
}

interface TestOptions {
  readonly device: TrialRequest['device'];
  readonly json?: boolean;
}

async function test(
  choice: TrialRequest['choice'],
  { device, json }: TestOptions,
  context: CommandContext,
  machine: MachineParts,
): Promise<void> {
  const attempt = machine.tryBackend ?? tryBackend;
  const { backend, cases } = await attempt({ choice, device, suite: true }, context);
  const failed = cases.filter(({ passed }) => !passed);
  if (failed.length > 0) process.exitCode = 1;
  if (json === true) {
    context.print(JSON.stringify({ format: 'consilium-conformance-1', backend, passed: failed.length === 0, cases }));
    return;
  }
  context.print(table(['', 'topic', 'case', 'error', 'limit', 'left'], cases.map(caseRow)));
  context.print('');
  for (const { topic, name, fault } of failed) if (fault !== undefined) context.print(`${topic}, ${name}: ${fault}`);
  context.print(
    failed.length === 0
      ? `${backend.name} ${backend.version} on ${describeDevice(backend)}: all ${cases.length} cases agree with the reference.`
      : `${backend.name} ${backend.version} on ${describeDevice(backend)}: ${failed.length} of ${cases.length} cases fail.`,
  );
}
