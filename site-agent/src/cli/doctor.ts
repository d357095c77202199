import { systemClock, type Welcome } from '@consilium/shared/wire';
import type { Command } from 'commander';
import { type Enrolment, openKey, type SiteHome, version } from '../config/index.js';
import type { WayOut } from '../connection/index.js';
import {
  type Examination,
  examination,
  examine,
  type Finding,
  showFinding,
  showSum,
  thisHost,
  worstOf,
} from '../doctor/index.js';
import { type CommandContext, homeOf, interruptedStatus, readPassphrase, wayOut } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';
import { firstWord } from './first-word.js';
import { contractOf } from './run-contract.js';

interface DoctorOptions extends DataOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

export function addDoctor(program: Command, context: CommandContext): void {
  withDataOptions(
    program
      .command('doctor')
      .argument('[run.yaml]', "a run file to hold this site's data against")
      .description('say what is wrong before a run does: machine, backend and GPU, connection, clock, key, data'),
  )
    .option('--home <dir>', "the agent's own folder")
    .option('--passphrase-file <file>', "first line: the passphrase of the site's key")
    .option('--json', 'one record for scripts')
    .action((path: string | undefined, options: DoctorOptions) => doctor(path, options, context));
}

/** Shows each finding as soon as it is there. Ends with status 1 when one is a fault, quietly when stopped. */
async function doctor(path: string | undefined, options: DoctorOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const { env, now, signal, print, columns } = context;
  const findings: Finding[] = [];
  const examining = examine({
    home,
    data: dataSettings(options),
    contract: path === undefined ? null : () => contractOf(path, now()),
    wayOut,
    prove: (enrolment, way) => prove(home, enrolment, way, options, context),
    host: thisHost(),
    env,
    clock: systemClock,
    now,
    signal,
  });
  try {
    for await (const found of examining) {
      findings.push(found);
      if (options.json !== true) print(showFinding(found, columns));
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    process.exitCode = interruptedStatus;
    return;
  }
  const state = worstOf(findings);
  if (options.json === true) {
    const time = now().toISOString();
    const record: Examination = { format: 'consilium-doctor-1', version, time, state, findings };
    print(JSON.stringify(examination.parse(record), null, 2));
  } else {
    print(showSum(findings));
  }
  if (state === 'fault') process.exitCode = 1;
}

/** Proves the site's key as the agent would. */
async function prove(
  home: SiteHome,
  enrolment: Enrolment,
  way: WayOut,
  { passphraseFile }: DoctorOptions,
  context: CommandContext,
): Promise<Welcome> {
  const identity = await openKey(home, await readPassphrase(context, { file: passphraseFile, fresh: false }));
  return (await firstWord({ address: enrolment.address, ...way, identity, trust: enrolment }, context)).welcome;
}
