import { randomBytes } from 'node:crypto';
import { silentLog, systemClock, type Welcome } from '@consilium/shared/wire';
import type { Command } from 'commander';
import { type Enrolment, openKey, type SiteHome, version } from '../config/index.js';
import { connect } from '../connection/index.js';
import {
  type Examination,
  examination,
  examine,
  type Finding,
  showFinding,
  showSum,
  thisHost,
  type WayOut,
  worstOf,
} from '../doctor/index.js';
import { type CommandContext, homeOf, readPassphrase, readText } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';
import { firstWord } from './first-word.js';
import { contractOf } from './run-contract.js';

/** Exit status after Ctrl-C, as a shell gives it. */
const interruptedStatus = 130;

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
    readText,
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

/** Connects as the agent would, until the coordinator's first word. */
async function prove(
  home: SiteHome,
  enrolment: Enrolment,
  way: Omit<WayOut, 'address'>,
  { passphraseFile }: DoctorOptions,
  context: CommandContext,
): Promise<Welcome> {
  const identity = await openKey(home, await readPassphrase(context, { file: passphraseFile, fresh: false }));
  const connection = connect({
    address: enrolment.address,
    env: context.env,
    ...way,
    identity,
    trust: enrolment,
    instance: randomBytes(8).toString('hex'),
    clock: systemClock,
    log: silentLog,
    signal: context.signal,
  });
  try {
    return (await firstWord(connection.onState, context.signal)).welcome;
  } finally {
    await connection.close();
  }
}
